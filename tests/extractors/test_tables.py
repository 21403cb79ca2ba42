"""Tables as instruments and people write them."""

import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lims.extractors.extract import extract, extract_file
from lims.extractors.tables import extractor
from lims.extractors.tables.units import split
from lims.model import Extraction

LOG = """Cryo pump log
Serial: 4711

Date;Time;Temp (°C);Pressure [mbar];State
31.12.2025;23:58:00;-190,5;1,2e-6;on
31.12.2025;23:59:00;-190,25;1,3e-6;on
01.01.2026;00:00:00;-190;1,4e-6;off
01.01.2026;00:01:00;-189,75;1,5e-6;off
"""


def read(path: Path, text: str | bytes) -> Extraction:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return extract(path, [])[1]


def values(path: Path, number: int = 0) -> list[float]:
    return list(np.asarray(extractor.read(path, []).signals[number].data))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_log_with_decimal_commas_and_days_first_is_a_signal_for_each_column(tmp_path: Path, encoding: str) -> None:
    found = read(tmp_path / "pump.csv", LOG.encode(encoding))
    assert (found.format, found.extractor) == ("csv", "tables")
    assert [one.title for one in found.signals] == ["pump Temp", "pump Pressure"]
    (axis,) = found.signals[0].axes
    assert (axis.name, axis.size, axis.scale, axis.unit) == ("time", 4, 60.0, "s")
    assert values(tmp_path / "pump.csv") == [-190.5, -190.25, -190.0, -189.75]
    assert values(tmp_path / "pump.csv", 1) == [1.2e-6, 1.3e-6, 1.4e-6, 1.5e-6]
    assert found.normalised["start_time"].value == "2025-12-31T23:58:00"
    assert found.normalised["end_time"].value == "2026-01-01T00:01:00"
    assert found.metadata["preamble"] == ["Cryo pump log", "Serial: 4711"]
    assert found.metadata["columns"][3] == {"name": "Pressure", "unit": "mbar", "holds": "number"}


def test_a_sensor_log_begins_and_ends_with_its_first_and_last_row(sample_data: Path) -> None:
    path = sample_data / "vendor/sensorlog/chiller_log.csv"
    lines = path.read_text().splitlines()
    found = extract(path, [])[1]
    assert found.normalised["start_time"].value == lines[1].split(",")[0]
    assert found.normalised["end_time"].value == lines[-1].split(",")[0]
    assert [one.shape for one in found.signals] == [(len(lines) - 1,)] * 3
    assert values(path) == [float(line.split(",")[1]) for line in lines[1:]]
    assert extractor.preview(path, []).data.shape == (len(lines) - 1,)


def test_the_first_column_is_the_axis_where_it_runs_evenly(tmp_path: Path) -> None:
    rows = "".join(f"{10 + 0.02 * n:.2f} {100 + n}\n" for n in range(50))
    found = read(tmp_path / "scan.xy", "# two_theta intensity\n" + rows)
    (signal,) = found.signals
    assert [(a.name, a.size, a.scale, a.offset) for a in signal.axes] == [("two_theta", 50, 0.02, 10.0)]


def test_units_in_a_row_of_their_own_are_found(tmp_path: Path) -> None:
    found = read(tmp_path / "iv.txt", "Time\tI\tU\ns\tmA\tV\n0\t1\t2\n1\t3\t4\n2\t5\t6\n")
    assert [(one["name"], one["unit"]) for one in found.metadata["columns"]] == [("Time", "s"), ("I", "mA"), ("U", "V")]
    assert [(a.name, a.scale, a.unit) for a in found.signals[0].axes] == [("time", 1.0, "s")]


def test_a_day_that_could_be_two_is_no_time(tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", "when,x\n03/04/2024 10:00:00,1\n03/04/2024 10:00:10,2\n03/04/2024 10:00:20,3\n")
    assert "start_time" not in found.normalised
    found = read(tmp_path / "b.csv", "when,x\n03/14/2024 10:00:00,1\n03/14/2024 10:00:10,2\n03/14/2024 10:00:20,3\n")
    assert found.normalised["start_time"].value == "2024-03-14T10:00:00"


@pytest.mark.parametrize(
    ("days", "start"),
    [
        (("24-11-25", "24-11-25", "24-11-25"), None),  # of 2024 or the 24th
        (("24-11-25", "25-11-25", "26-11-25"), "2025-11-24T10:00:00"),
        (("11/25/24", "11/25/24", "11/26/24"), "2024-11-25T10:00:00"),
        (("25.11.24", "25.11.24", "26.11.24"), "2024-11-25T10:00:00"),
    ],
)
def test_a_year_of_two_digits_is_no_day(tmp_path: Path, days: tuple[str, ...], start: str | None) -> None:
    found = read(tmp_path / "a.csv", "when,x\n" + "".join(f"{day} 10:00:00,{n}\n" for n, day in enumerate(days)))
    said = found.normalised.get("start_time")
    assert (said and said.value) == start


def test_a_form_feed_ends_no_line(tmp_path: Path) -> None:
    read(tmp_path / "a.csv", "a note\x0c\nn,x\n" + "".join(f"{n},{2 * n}\n" for n in range(9)))
    assert values(tmp_path / "a.csv") == [2.0 * n for n in range(9)]


def test_a_date_alone_is_no_time_at_which_something_began(tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", "day,x\n2024-03-04,1\n2024-03-05,2\n2024-03-06,3\n")
    assert (found.metadata["first_time"], found.metadata["last_time"]) == ("2024-03-04", "2024-03-06")
    assert "start_time" not in found.normalised


def test_times_with_a_gap_are_no_axis_and_the_file_says_so(tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", "time,x\n2024-01-01 10:00:00,1\n2024-01-01 10:00:01,2\n2024-01-01 18:00:00,3\n")
    assert [axis.name for axis in found.signals[0].axes] == ["row"]
    assert any("evenly" in words for words in found.warnings)


def test_seconds_since_1970_are_times(tmp_path: Path) -> None:
    # 1 700 000 000 is 14 November 2023, 22:13:20 UTC.
    found = read(tmp_path / "a.csv", "timestamp,x\n" + "".join(f"{1_700_000_000 + 5 * n},{n}\n" for n in range(9)))
    assert found.normalised["start_time"].value == "2023-11-14T22:13:20+00:00"
    assert found.signals[0].axes[0].scale == 5.0


def test_a_block_of_numbers_without_names_is_a_picture(tmp_path: Path) -> None:
    block = np.arange(200.0).reshape(10, 20)
    np.savetxt(tmp_path / "a.txt", block, delimiter="\t")
    found = extract(tmp_path / "a.txt", [])[1]
    assert [(one.signal_type, one.shape) for one in found.signals] == [("image", (10, 20))]
    assert (np.asarray(extractor.read(tmp_path / "a.txt", []).signals[0].data) == block).all()


@pytest.mark.parametrize(
    "text",
    [
        "Dear Ada,\nthe 3 samples, 5 grids and 7 notes are done.\nYours, Bob\n",
        "Voltage,200\nMagnification,5000\nSpot,3\n",
        '{"a": 1,\n "b": 2,\n "c": 3}\n',
        "import os\nx, y = 1, 2\nfor n in range(3):\n    print(n, x, y)\n",
        "<root>\n1,2\n3,4\n</root>\n",
        "[Main]\nkV=200\nmag=5000\n",
    ],
)
def test_prose_settings_and_code_are_no_tables(tmp_path: Path, text: str) -> None:
    assert read(tmp_path / "a.txt", text).extractor == "text"
    assert read(tmp_path / "a.csv", text).extractor == "text"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Temp (°C)", ("Temp", "°C")),
        ("Pressure [mbar]", ("Pressure", "mbar")),
        ("I / mA", ("I", "mA")),
        ("temp_C", ("temp_C", "°C")),
        ("channel_A", ("channel_A", "")),
        ("Sine(angle)", ("Sine(angle)", "")),
        ("Flux (W/m²)", ("Flux", "W/m²")),
        ("T [C]", ("T", "°C")),
        ("Run (2)", ("Run (2)", "")),
    ],
)
def test_units_are_told_from_other_words_in_a_name(header: str, expected: tuple[str, str]) -> None:
    assert split(header) == expected


def test_of_a_huge_log_a_part_is_read_and_the_rest_estimated(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    line = b"2024-01-01T00:00:00,20.125,1.5e-6\n"
    with path.open("wb") as file:
        file.write(b"timestamp,temp_C,pressure_mbar\n")
        for _ in range(110):
            file.write(line * 20_000)
        file.write(line.replace(b"2024-01-01", b"2024-02-29"))
    found = extract(path, [])[1]
    assert found.metadata["rows_estimated"] == pytest.approx(2_200_000, rel=0.01)
    assert found.metadata["rows_read"] < 600_000
    assert found.normalised["end_time"].value == "2024-02-29T00:00:00"
    assert any("Only the first" in words for words in found.warnings)


# Spreadsheets: written by hand, since nothing here writes them

CELLS = {float: '<c r="{0}"><v>{1}</v></c>', str: '<c r="{0}" t="inlineStr"><is><t>{1}</t></is></c>',
         datetime: '<c r="{0}" s="1"><v>{1}</v></c>'}  # fmt: skip
EXCEL_EPOCH = datetime(1899, 12, 30)


def cell(place: str, value: Any) -> str:
    seconds = (value - EXCEL_EPOCH).total_seconds() / 86_400 if isinstance(value, datetime) else value
    return CELLS[type(value)].format(place, seconds)


def write_xlsx(path: Path, sheets: dict[str, list[list[Any]]]) -> None:
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    names = "".join(f'<sheet name="{s}" sheetId="{n}" r:id="r{n}"/>' for n, s in enumerate(sheets, 1))
    links = "".join(
        f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/s{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        root = f'<Relationship Id="r0" Type="{office}/officeDocument" Target="xl/workbook.xml"/>'
        file.writestr("_rels/.rels", f"<Relationships {package}>{root}</Relationships>")
        file.writestr("xl/workbook.xml", f'<workbook {main} xmlns:r="{office}"><sheets>{names}</sheets></workbook>')
        styles = f'<Relationship Id="r0" Type="{office}/styles" Target="styles.xml"/>'
        file.writestr("xl/_rels/workbook.xml.rels", f"<Relationships {package}>{styles}{links}</Relationships>")
        file.writestr("xl/styles.xml", f'<styleSheet {main}><cellXfs><xf/><xf numFmtId="22"/></cellXfs></styleSheet>')
        for number, rows in enumerate(sheets.values(), 1):
            body = "".join(
                f'<row r="{y}">' + "".join(cell(f"{'ABCDEF'[x]}{y}", value) for x, value in enumerate(row)) + "</row>"
                for y, row in enumerate(rows, 1)
            )
            sheet = f"<worksheet {main}><sheetData>{body}</sheetData></worksheet>"
            file.writestr(f"xl/worksheets/s{number}.xml", sheet)
        core = 'xmlns:c="http://purl.org/dc/elements/1.1/" xmlns:cp="x"'
        properties = f"<cp:coreProperties {core}><c:creator>Ada</c:creator><c:title>Dose</c:title></cp:coreProperties>"
        file.writestr("docProps/core.xml", properties)


def test_each_sheet_of_a_spreadsheet_gives_its_columns(tmp_path: Path) -> None:
    times = [datetime(2024, 5, 1, 10, 0, 10 * n) for n in range(4)]
    logged: list[list[Any]] = [["Pump"], ["Time", "Pressure [mbar]"]]
    logged += [[when, 1.5 + n] for n, when in enumerate(times)]
    write_xlsx(tmp_path / "a.xlsx", {"Log": logged, "Notes": [["nothing", "here"]], "xy": [["x", "y"], [1.0, 2.0]]})
    found = extract(tmp_path / "a.xlsx", [])[1]
    assert found.format == "xlsx"
    assert [one.title for one in found.signals] == ["a Log Pressure", "a xy x", "a xy y"]
    (axis,) = found.signals[0].axes
    assert (axis.name, axis.scale, axis.unit) == ("time", 10.0, "s")
    said = {name: value.value for name, value in found.normalised.items()}
    assert (said["start_time"], said["end_time"]) == ("2024-05-01T10:00:00", "2024-05-01T10:00:30")
    assert (said["operator"], said["title"]) == ("Ada", "Dose")
    assert [sheet["name"] for sheet in found.metadata["sheets"]] == ["Log", "Notes", "xy"]
    assert values(tmp_path / "a.xlsx") == [1.5, 2.5, 3.5, 4.5]


def test_a_spreadsheet_that_would_unpack_without_end_is_refused_unopened(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "a.xlsx", {"Log": [["x", "y"], [1.0, 2.0]]})
    packed = zipfile.ZipFile(tmp_path / "a.xlsx", "a", zipfile.ZIP_DEFLATED)
    with packed, packed.open("xl/worksheets/s9.xml", "w") as member:
        for _ in range(600):
            member.write(bytes(1 << 20))
    assert (tmp_path / "a.xlsx").stat().st_size < 1 << 20
    (failure,) = extract_file(tmp_path / "a.xlsx").failed
    assert "600 MiB" in failure.reason


def test_a_spreadsheet_cut_short_says_so(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "a.xlsx", {"Log": [["x", "y"], [1.0, 2.0]]})
    whole = (tmp_path / "a.xlsx").read_bytes()
    (tmp_path / "a.xlsx").write_bytes(whole[: len(whole) // 2])
    (failure,) = extract_file(tmp_path / "a.xlsx").failed
    assert "spreadsheet" in failure.reason


def test_a_quote_that_means_inches_loses_no_row(tmp_path: Path) -> None:
    rows = "".join(f'"{n}in pipe,{n},{2 * n}\n' for n in range(20))
    found = read(tmp_path / "pipes.csv", "what,n,x\n" + rows)
    assert {signal.shape for signal in found.signals} == {(20,)}
