"""Logs of holders and mass spectrometers, beside the numbers in their own lines."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from lims.extractors.companions import Group, group_companions
from lims.extractors.rosetta import extractor
from lims.extractors.rosetta.formats import identify

SYNCHRONIZED = "StubExperiment_Synchronized data.csv"
HEAT = "StubExperiment_Heat raw.csv"
METADATA = """Experiment date, 06-08-2021
Experiment time, 13:40:19
Sample, "Gold"
Description, "Experiment with stub data"
Live notes, 13:46:46: Live note one
13:46:52: Live note two
"""


def test_an_impulse_log_has_the_raw_logs_and_the_words_beside_it(sample_data: Path, tmp_path: Path) -> None:
    for name in (SYNCHRONIZED, HEAT):
        shutil.copyfile(sample_data / "vendor/impulse" / name, tmp_path / name)
    (tmp_path / "StubExperiment_Metadata.log").write_text(METADATA)
    (group,) = group_companions([file.name for file in tmp_path.iterdir()])
    assert group == Group(SYNCHRONIZED, (HEAT, "StubExperiment_Metadata.log"))
    found = extractor.extract(tmp_path / SYNCHRONIZED, [tmp_path / name for name in group.companions])
    columns = next(csv.reader((tmp_path / SYNCHRONIZED).open()))
    assert [signal.title for signal in found.signals] == [*columns[2:], "Temperature Measured"]
    assert found.normalised["start_time"].value == "2021-08-06T13:40:19"
    assert found.normalised["sample_id"].value == "Gold"
    assert found.metadata["Impulse_header"]["Notes"] == ["13:46:46: Live note one", "13:46:52: Live note two"]


@pytest.mark.parametrize("name", [SYNCHRONIZED, HEAT, "changed_file_name.csv"])
def test_it_is_read_without_them_and_under_another_name(sample_data: Path, name: str) -> None:
    path = sample_data / "vendor/impulse" / name
    found = extractor.extract(path, [])
    with path.open() as file:
        rows = list(csv.DictReader(file))
    values = np.asarray(extractor.opened(path, []).signals[0].data)
    assert np.allclose(values, [float(row[found.signals[0].title]) for row in rows])
    steps = np.diff([float(row["Experiment time"]) for row in rows][1:-1])
    assert found.signals[0].axes[0].scale == pytest.approx(steps.mean())
    assert "start_time" not in found.normalised


GAS = """Time, Notes,Holder Temperature,Holder Pressure
0,Date (yyyy.mm.dd) = 2014.12.15,25,733.1
0,Time (hh:mm:ss.ms) = 19:07:04.165,25,733.1
0,Time units = Milliseconds,25,733.1
0,Temperature units = Degrees C,25,733.1
0,Pressure units = Torr,25,733.1
0,Current units = Amps,25,733.1
0,Voltage units = Volts,25,733.1
0,Resistance units = Ohms,25,733.1
47,User agreeing to terms = eric,25,734.3
"""


def test_a_gas_cells_log_is_one_signal_a_column(tmp_path: Path) -> None:
    path = tmp_path / "gas.csv"
    path.write_text(GAS + "".join(f"{250 * n},,{25 + n},{700 + n}\n" for n in range(1, 40)))
    found = extractor.extract(path, [])
    assert [signal.title for signal in found.signals] == ["Holder Temperature (Degrees C)", "Holder Pressure (Torr)"]
    assert found.normalised["start_time"].value.startswith("2014-12-15T19:07:04.165")
    assert found.normalised["operator"].value == "eric"


def test_quadstars_files_are_known_by_any_of_its_programs_numbers() -> None:
    for number in (b"32\0\0", b"421\0"):
        assert identify(b"\xc6\x02" + number + bytes(100), "air demo.SAC") == "quadstar"
    assert identify(b"\xc6\x02ab\0\0" + bytes(100), "air demo.SAC") != "quadstar"
