"""The samples hold one scan, nine patterns of nickel in 3 × 3 points of 1.5 µm, in the formats of several makers.

So NORDIF's bare bytes tell what every other file has to say.
"""

import re
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from lims.extractors.companions import group_companions
from lims.extractors.ebsd import extractor
from lims.extractors.ebsd.nordif import parsed
from lims.extractors.extract import extract_file
from lims.extractors.hdf5 import extractor as hdf5
from lims.extractors.normalise.vendors import by_vendor
from lims.model import Extraction, Signal


@pytest.fixture
def scan(sample_data: Path) -> NDArray[np.uint8]:
    """(3, 3, 60, 60), row by row as NORDIF stores it."""
    return np.fromfile(sample_data / "vendor/ebsd/nordif/nordif/Pattern.dat", np.uint8).reshape(3, 3, 60, 60)


def steps(signal: Signal) -> list[tuple[str, float, str, bool]]:
    return [(axis.name, axis.scale, axis.unit, axis.is_navigation) for axis in signal.axes]


CALIBRATED = [("y", 1.5, "µm", True), ("x", 1.5, "µm", True), ("dy", 1.0, "px", False), ("dx", 1.0, "px", False)]


def values(found: Extraction) -> dict[str, Any]:
    return {name: value.value for name, value in found.normalised.items() if name not in ("shape", "dtype")}


def test_up1_has_the_patterns_and_no_grid(sample_data: Path, scan: NDArray[np.uint8]) -> None:
    path = sample_data / "vendor/ebsd/edax_binary.up1"
    assert np.array_equal(extractor.read(path, ()).signals[0].data.compute(), scan.reshape(9, 60, 60))


def test_up2_says_that_its_grid_is_hexagonal(sample_data: Path, scan: NDArray[np.uint8]) -> None:
    reading = extractor.read(sample_data / "vendor/ebsd/edax_binary.up2", ())
    assert np.array_equal(reading.signals[0].data[:9].compute(), scan.reshape(9, 60, 60))
    assert "hexagonal" in reading.warnings[0]


def test_up2_of_version_3_has_rows_columns_and_steps(tmp_path: Path) -> None:
    patterns = np.arange(2 * 5 * 4 * 6, dtype="<u2").reshape(2, 5, 4, 6)
    head = struct.pack("<4I", 3, 6, 4, 42) + struct.pack("<BIIBdd", 1, 5, 2, 0, 0.25, 0.5)
    (tmp_path / "a.up2").write_bytes(head + patterns.tobytes())
    found = extractor.extract(tmp_path / "a.up2", ())
    assert found.signals[0].shape == (2, 5, 4, 6)
    assert [(axis.name, axis.scale) for axis in found.signals[0].axes[:2]] == [("y", 0.5), ("x", 0.25)]
    assert np.array_equal(extractor.read(tmp_path / "a.up2", ()).signals[0].data.compute(), patterns)


def test_up2_of_version_2_is_refused_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "a.up2").write_bytes(struct.pack("<4I", 2, 6, 4, 16) + bytes(96))
    (failure,) = extract_file(tmp_path / "a.up2").failed
    assert failure.reason == "it is of version 2, which nobody has described; versions 1 and from 3 on can be read"


def test_an_ebsp_is_put_in_the_order_of_the_scan(sample_data: Path, scan: NDArray[np.uint8]) -> None:
    """In the sample the first pattern is stored last."""
    found = extractor.extract(sample_data / "vendor/ebsd/patterns.ebsp", ())
    assert steps(found.signals[0]) == CALIBRATED
    reading = extractor.read(sample_data / "vendor/ebsd/patterns.ebsp", ())
    assert np.array_equal(reading.signals[0].data.compute(), scan)
    assert np.array_equal(reading.signals[0].data[1:, 2, ::2, 5].compute(), scan[1:, 2, ::2, 5])


def ebsp(version: int, patterns: NDArray[Any], left_out: tuple[int, ...] = (), compressed: int = 0) -> bytes:
    """A file of each version by the published description; points are 0.5 µm apart, three in a row."""
    head = b"" if version == 0 else struct.pack("<q", -version) + (b"\0" if version > 3 else b"")
    stored, starts = b"", []
    for number, pattern in enumerate(patterns):
        x, y = 0.5 * (number % 3), 0.5 * (number // 3)
        footer = {0: b"", 1: struct.pack("<dd", x, y)}.get(version, struct.pack("<?d?d", True, x, True, y))
        starts.append(0 if number in left_out else len(head) + 8 * len(patterns) + len(stored))
        if number not in left_out:
            size = struct.pack("<4i", compressed, *pattern.shape, pattern.nbytes)
            stored += size + pattern.tobytes() + footer
    return head + struct.pack(f"<{len(starts)}q", *starts) + stored


@pytest.mark.parametrize("version", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("kind", ["<u1", "<u2"])
def test_ebsp_of_every_version_and_depth(tmp_path: Path, version: int, kind: str) -> None:
    patterns = (np.arange(6 * 8 * 10) % 251).astype(kind).reshape(6, 8, 10)
    (tmp_path / "a.ebsp").write_bytes(ebsp(version, patterns))
    reading = extractor.read(tmp_path / "a.ebsp", ())
    shape = (6, 8, 10) if version == 0 else (2, 3, 8, 10)
    assert np.array_equal(reading.signals[0].data.compute(), patterns.reshape(shape))
    signal = extractor.extract(tmp_path / "a.ebsp", ()).signals[0]
    assert [axis.scale for axis in signal.axes[: len(shape) - 2]] == ([1.0] if version == 0 else [0.5, 0.5])


def test_the_grid_of_a_long_scan_follows_from_its_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lims.extractors.ebsd.ebsp.POSITIONS_READ", 4)
    (tmp_path / "a.ebsp").write_bytes(ebsp(2, np.zeros((21, 8, 10), "<u1")))
    signal = extractor.extract(tmp_path / "a.ebsp", ()).signals[0]
    assert (signal.shape, signal.axes[0].scale, signal.axes[1].scale) == ((7, 3, 8, 10), 0.5, 0.5)


def test_an_ebsp_with_a_part_of_the_patterns_shows_those(tmp_path: Path) -> None:
    patterns = np.arange(6 * 8 * 10, dtype="<u2").reshape(6, 8, 10)
    (tmp_path / "a.ebsp").write_bytes(ebsp(2, patterns, left_out=(0, 4)))
    reading = extractor.read(tmp_path / "a.ebsp", ())
    assert np.array_equal(reading.signals[0].data.compute(), patterns[[1, 2, 3, 5]])
    assert list(reading.warnings) == ["4 of 6 patterns are stored; they are shown in one row."]


def test_compressed_or_cut_patterns_are_refused_with_a_reason(tmp_path: Path) -> None:
    patterns = np.zeros((6, 8, 10), "<u1")
    (tmp_path / "a.ebsp").write_bytes(ebsp(2, patterns, compressed=1))
    (failure,) = extract_file(tmp_path / "a.ebsp").failed
    assert failure.reason == "its patterns are compressed; only uncompressed ones can be read"
    (tmp_path / "b.ebsp").write_bytes(ebsp(2, patterns)[:-30])
    (failure,) = extract_file(tmp_path / "b.ebsp").failed
    assert failure.reason.startswith("the file ends too early")


@pytest.fixture
def nordif(sample_data: Path, tmp_path: Path) -> Callable[[str], tuple[Path, list[Path]]]:
    """A copy of the sample folder with one of its settings files; (the patterns, what belongs to them)."""

    def copied(settings: str) -> tuple[Path, list[Path]]:
        folder = sample_data / "vendor/ebsd/nordif/nordif"
        for part in (folder / "Pattern.dat", *folder.glob("*.bmp")):
            shutil.copyfile(part, tmp_path / part.name)
        shutil.copyfile(folder / settings, tmp_path / "Setting.txt")
        (group,) = group_companions([path.name for path in tmp_path.iterdir()])
        assert group.main == "Pattern.dat"
        return tmp_path / "Pattern.dat", [tmp_path / name for name in group.companions]

    return copied


def test_nordifs_folder_is_one_dataset(nordif: Any, scan: NDArray[np.uint8]) -> None:
    """Voltage, working distance … stand in Setting.txt; so does the exposure of 3500 µs."""
    path, companions = nordif("Setting.txt")
    outcome = extract_file(path, companions)
    found = outcome.extraction
    assert found is not None
    assert found.format == "nordif"
    assert steps(found.signals[0]) == CALIBRATED
    assert np.array_equal(extractor.read(path, companions).signals[0].data.compute(), scan)
    assert "Background acquisition pattern" in [signal.title for signal in found.signals]
    expected = {
        "acceleration_voltage": 20_000,
        "magnification": 200,
        "working_distance": 0.0247,
        "exposure_time": 0.0035,
        "detector_name": "UF1100",
        "instrument_vendor": "Hitachi",
        "sample_id": "Ni",
        "pixel_size_x": 1.5e-6,
    }
    assert {name: values(found)[name] for name in expected} == expected
    assert values(found)["tilt_alpha"] == pytest.approx(np.deg2rad(70))


@pytest.mark.parametrize("settings", ["Setting_bad1.txt", "Setting_bad2.txt", "Setting_bad3.txt"])
def test_settings_that_are_damaged_elsewhere_still_tell_what_the_patterns_need(nordif: Any, settings: str) -> None:
    path, companions = nordif(settings)
    assert extractor.extract(path, companions).signals[0].shape == (3, 3, 60, 60)


def test_settings_without_the_size_of_the_patterns_say_what_is_wrong(nordif: Any) -> None:
    path, companions = nordif("Setting.txt")
    text = (path.parent / "Setting.txt").read_bytes().replace(b"Number of samples", b"Number")
    (path.parent / "Setting.txt").write_bytes(text)
    (failure,) = extract_file(path, companions).failed
    assert failure.reason == "Setting.txt has no usable 'Number of samples' in [Area], which the patterns need"


def test_settings_of_other_patterns_are_found_out(nordif: Any) -> None:
    path, companions = nordif("Setting.txt")
    text = (path.parent / "Setting.txt").read_bytes().replace(b"60x60", b"480x480")
    (path.parent / "Setting.txt").write_bytes(text)
    (failure,) = extract_file(path, companions).failed
    assert failure.reason.startswith("Setting.txt tells of 9 patterns of 480 × 480 pixels, but Pattern.dat has 32400")


def test_an_interrupted_scan_is_shown_with_its_end_in_black(nordif: Any, scan: NDArray[np.uint8]) -> None:
    path, companions = nordif("Setting.txt")
    path.write_bytes(path.read_bytes()[: 7 * 3600])
    reading = extractor.read(path, companions)
    data = reading.signals[0].data.compute()
    assert np.array_equal(data.reshape(9, 60, 60)[:7], scan.reshape(9, 60, 60)[:7])
    assert not data.reshape(9, 60, 60)[7:].any()
    assert "7 of 9 patterns are there" in reading.warnings[0]


def test_a_dat_without_nordifs_settings_is_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / "log.dat").write_text("time temperature\n1 20\n")
    outcome = extract_file(tmp_path / "log.dat")
    assert outcome.extraction is not None
    assert outcome.extraction.extractor == "tables"


def test_h5oina_has_patterns_maps_and_the_header_in_si(sample_data: Path, scan: NDArray[np.uint8]) -> None:
    """20 kV, 2000 ×, 23.5 mm and 69.9° are what the maker of the sample wrote into it."""
    path = sample_data / "vendor/h5oina/patterns.h5oina"
    found = hdf5.extract(path, ())
    titles = [signal.title.rpartition("/")[2] for signal in found.signals]
    assert titles[:2] == ["Processed Patterns", "Unprocessed Patterns"]
    assert {"Band Contrast", "Phase", "Euler φ1", "Euler Φ", "Euler φ2", "Mean Angular Deviation"} <= set(titles)
    assert steps(found.signals[1]) == CALIBRATED
    assert steps(found.signals[2]) == [("y", 1.5, "µm", False), ("x", 1.5, "µm", False)]
    assert values(found)["acceleration_voltage"] == 20_000
    assert (values(found)["magnification"], values(found)["working_distance"]) == (2000, 0.0235)
    assert values(found)["tilt_alpha"] == pytest.approx(np.deg2rad(69.9), rel=1e-6)
    with h5py.File(path) as file:
        stored = file["1/EBSD/Data/Unprocessed Patterns"][()]
        euler = file["1/EBSD/Data/Euler"][()]
    signals = hdf5.read(path, ()).signals
    assert np.array_equal(signals[1].data.compute().reshape(9, 60, 60), stored)
    assert np.array_equal(signals[titles.index("Euler Φ")].data.compute(), euler[:, 1].reshape(3, 3))


def test_eds_in_an_h5oina_is_a_spectrum_image_with_its_elements(tmp_path: Path) -> None:
    """As Oxford's specification has it: (points, channels), electronvolts, the element in the map's attributes."""
    spectra = np.arange(2 * 3 * 16, dtype=np.int32).reshape(6, 16)
    with h5py.File(tmp_path / "a.h5oina", "w") as file:
        file["Manufacturer"], file["Format Version"], file["Index"] = "Oxford Instruments", "7.0", "1"
        header, data = file.create_group("1/EDS/Header"), file.create_group("1/EDS/Data")
        for name, value in {"X Cells": 3, "Y Cells": 2, "X Step": 0.2, "Y Step": 0.2, "Channel Width": 10.0,
                            "Start Channel": -200.0, "Project Label": "P1", "Specimen Label": "steel",
                            "Acquisition Date": "2024-03-02T10:11:12"}.items():  # fmt: skip
            header[name] = value
        data["Spectrum"] = spectra
        data["Window Integral/Fe Ka1"] = np.arange(6, dtype="f4")
        data["Window Integral/Fe Ka1"].attrs["Atomic Number"] = np.array([26])
        data["Window Integral/Cr Ka1"] = np.arange(6, dtype="f4")
        data["Window Integral/Cr Ka1"].attrs["Atomic Number"] = np.array([24])
        header["Stage Position/X"] = 1.5
    found = hdf5.extract(tmp_path / "a.h5oina", ())
    signal = found.signals[0]
    assert (signal.shape, signal.signal_type) == ((2, 3, 16), "EDS_SEM")
    assert (signal.axes[2].scale, signal.axes[2].offset, signal.axes[2].unit) == (10.0, -200.0, "eV")
    assert np.array_equal(hdf5.read(tmp_path / "a.h5oina", ()).signals[0].data.compute(), spectra.reshape(2, 3, 16))
    expected = {"start_time": "2024-03-02T10:11:12", "experiment_id": "P1", "sample_id": "steel", "stage_x": 0.0015}
    assert {name: values(found)[name] for name in expected} == expected
    assert sorted(values(found)["elements"]) == ["Cr", "Fe"]


def test_kikuchipys_file_has_two_scans_and_its_microscope(sample_data: Path, scan: NDArray[np.uint8]) -> None:
    path = sample_data / "vendor/ebsd/patterns.h5"
    found = hdf5.extract(path, ())
    assert found.format == "h5ebsd-kikuchipy"
    assert [signal.title for signal in found.signals[:2]] == [
        "Scan 1/EBSD/Data/patterns",
        "Scan 2/EBSD/Data/patterns",
    ]
    assert steps(found.signals[0]) == CALIBRATED
    assert values(found)["instrument_name"] == "Hitachi SU-6600"
    assert np.array_equal(hdf5.read(path, ()).signals[0].data.compute(), scan)


@pytest.mark.parametrize("prefix", ["", "SEM "])
def test_brukers_region_of_any_outline_lies_where_its_beam_was(tmp_path: Path, prefix: str) -> None:
    """Patterns 0 … 4 were taken at these points of the electron image; elsewhere nothing was measured."""
    rows, columns = [1, 0, 0, 2, 1], [1, 1, 2, 1, 2]
    patterns = np.arange(1, 6, dtype=np.uint8)[:, None, None] * np.ones((5, 8, 9), np.uint8)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["Manufacturer"] = np.array([b"Bruker Nano"])
        data, header = file.create_group("Scan 0/EBSD/Data"), file.create_group("Scan 0/EBSD/Header")
        data["RawPatterns"], data["MAD"] = patterns, np.arange(5, dtype="f4") + 0.5
        for name, value in {"NROWS": 3, "NCOLS": 3, "XSTEP": 1.5, "YSTEP": 1.5, "KV": 15.0, "WD": 12.0}.items():
            header[name] = value
        file[f"Scan 0/SEM/{prefix}IY"], file[f"Scan 0/SEM/{prefix}IX"] = rows, columns
    found = hdf5.extract(tmp_path / "a.h5", ())
    assert found.format == "h5ebsd-bruker"
    assert values(found)["acceleration_voltage"] == 15_000
    pattern, mad = (signal.data.compute() for signal in hdf5.read(tmp_path / "a.h5", ()).signals[:2])
    expected = np.zeros((3, 2), np.uint8)
    for number, (row, column) in enumerate(zip(rows, columns, strict=True), 1):
        expected[row, column - 1] = number
    assert np.array_equal(pattern[:, :, 3, 4], expected)
    assert np.array_equal(mad, np.where(expected, expected - 0.5, 0))


def test_emsofts_atoms_are_the_elements(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["EMheader/EBSD/UserName"] = np.array([b"mdg"])
        file["EMheader/EBSD/StartTime"] = np.array([b"Nov  6 2020,  2:44:01.917 PM"])
        file["CrystalData/Atomtypes"] = np.array([13, 29])
        file["EMData/EBSDmaster/EkeVs"] = np.arange(10.0, 21.0)
        file["EMData/EBSDmaster/masterSPNH"] = np.zeros((11, 13, 13), "f4")
        file["NMLparameters/MCCLNameList/EkeV"] = np.array([20.0])
    found = hdf5.extract(tmp_path / "a.h5", ())
    assert (found.format, found.signals[0].shape) == ("emsoft", (11, 13, 13))
    assert (found.signals[0].axes[0].offset, found.signals[0].axes[0].is_navigation) == (10.0, True)
    expected = {"operator": "mdg", "elements": ["Al", "Cu"], "start_time": "2020-11-06T14:44:01.917000"}
    assert {name: values(found)[name] for name in expected} == expected


ANG = """# HEADER: Start
# TEM_PIXperUM          1.000000
# x-star                0.4792
# Phase 1
# MaterialName  \tIron (Alpha)
# GRID: SqrGrid
# XSTEP: 0.250000
# YSTEP: 0.500000
# NCOLS_ODD: 3
# NCOLS_EVEN: 3
# NROWS: 2
# OPERATOR: \tMüller
# SAMPLEID: \tplate 3
# HEADER: End
"""


def test_an_ang_is_one_map_per_column(tmp_path: Path) -> None:
    rows = [f" 1.{n} 0.5 2.5 {n % 3 * 0.25} {n // 3 * 0.5} 100.{n} 0.{n} 1 30 1.2" for n in range(6)]
    (tmp_path / "a.ang").write_text(ANG + "\n".join(rows) + "\n")
    found = extract_file(tmp_path / "a.ang").extraction
    assert found is not None
    titles = [signal.title for signal in found.signals]
    assert titles == ["phi1", "PHI", "phi2", "IQ", "CI", "Phase index", "SEM", "Fit"]
    assert steps(found.signals[0]) == [("y", 0.5, "µm", False), ("x", 0.25, "µm", False)]
    assert found.metadata["MaterialName"] == "Iron (Alpha)"
    assert (values(found)["operator"], values(found)["sample_id"]) == ("Müller", "plate 3")
    quality = extractor.preview(tmp_path / "a.ang", (), 3).data
    assert quality == pytest.approx(np.array([[100.0, 100.1, 100.2], [100.3, 100.4, 100.5]]))


CTF = """Channel Text File
Prj\tC:\\maps\\steel.cpr
Author\tA. Person
JobMode\tGrid
XCells\t3
YCells\t2
XStep\t0.2
YStep\t0.1
AcqE1\t0
Euler angles refer to Sample Coordinate system (CS0)!\tMag\t1000\tCoverage\t100\tDevice\t0\tKV\t20\tTiltAngle\t70
Phases\t1
3.660;3.660;3.660\t90.000;90.000;90.000\tIron fcc\t11\t225
Phase\tX\tY\tBands\tError\tEuler1\tEuler2\tEuler3\tMAD\tBC\tBS
"""


def test_a_ctf_is_one_map_per_column_and_has_its_voltage(tmp_path: Path) -> None:
    rows = [f"1\t{n % 3 * 0.2}\t{n // 3 * 0.1}\t8\t0\t10,5\t20\t30\t0.4\t{100 + n}\t50" for n in range(6)]
    (tmp_path / "a.ctf").write_text(CTF + "\n".join(rows) + "\n")
    found = extract_file(tmp_path / "a.ctf").extraction
    assert found is not None
    titles = [signal.title for signal in found.signals]
    assert titles == ["Phase", "Bands", "Error", "Euler1", "Euler2", "Euler3", "MAD", "BC", "BS"]
    assert steps(found.signals[0]) == [("y", 0.1, "µm", False), ("x", 0.2, "µm", False)]
    assert (values(found)["acceleration_voltage"], values(found)["operator"]) == (20_000, "A. Person")
    contrast = extractor.preview(tmp_path / "a.ctf", (), titles.index("BC")).data
    assert contrast.tolist() == [[100, 101, 102], [103, 104, 105]]
    assert extractor.preview(tmp_path / "a.ctf", (), titles.index("Euler1")).data[0, 0] == 10.5


def test_a_map_that_is_cut_off_is_described_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "a.ctf").write_text(CTF + "1\t0\t0\t8\t0\t10\t20\t30\t0.4\t100\t50\n")
    found = extract_file(tmp_path / "a.ctf").extraction
    assert found is not None
    assert found.signals == ()
    assert found.warnings == ("No maps are shown, because there are 1 points of 2 × 3.",)


def test_a_scan_larger_than_any_is_refused_and_a_damaged_picture_costs_only_itself(nordif: Any) -> None:
    path, companions = nordif("Setting.txt")
    settings, picture = (next(one for one in companions if one.suffix == ending) for ending in (".txt", ".bmp"))
    before = len(extractor.read(path, companions).signals)
    picture.write_bytes(picture.read_bytes()[:40])
    assert len(extractor.read(path, companions).signals) == before - 1
    raw = settings.read_bytes()
    settings.write_bytes(re.sub(rb"(Number of samples\t)\S+", rb"\g<1>99999x99999", raw))
    with pytest.raises(ValueError, match="more than any scan has"):
        extractor.read(path, companions)


@pytest.mark.parametrize(
    ("written", "seconds"), [("3500\tµs", 3.5e-3), ("3.5\tms", 3.5e-3), ("3500", 3.5e-3), ("3500\t?s", 3.5e-3)]
)
def test_nordifs_settings_are_in_the_unit_that_stands_beside_them(written: str, seconds: float) -> None:
    tree = parsed(f"[Acquisition settings]\nExposure time\t{written}\n")
    said = by_vendor("nordif", tree)["exposure_time"]
    assert (said.value, said.others) == (pytest.approx(seconds), ())
