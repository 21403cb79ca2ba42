"""MRC with what stands beside it: Direct Electron's text and scan positions, beside the numbers of that text."""

import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from lims.extractors.companions import Group, group_companions
from lims.extractors.rosetta import extractor
from lims.model import Extraction

INFO = """Timestamp (seconds since Epoch)                 = 1729539410
Instrument Accelerating Voltage (V)             = 200000
Instrument Project Camera Length (centimeters)  = 28
Instrument Project Magnification                = -1
Instrument Project TEMorSTEM Mode               = -1
Camera Name                                     = Celeritas XS
Image Size X (pixels)                           = 8
Image Size Y (pixels)                           = 6
Scan - Enable                                   = Enable
Scan - Type                                     = Raster
Scan - Size X                                   = 5
Scan - Size Y                                   = 4
Scan - Dwell Time (microseconds)                = 250
Specimen Pixel Size X (nanometers)              = 0.5
Specimen Pixel Size Y (nanometers)              = 0.25
Diffraction Pixel Size X                        = 0.02
Diffraction Pixel Size Y                        = 0.04
"""


def write_mrc(path: Path, data: "np.ndarray[tuple[int, int, int], np.dtype[np.uint16]]", order: str = "<") -> Path:
    """mode 6, as Direct Electron writes it: cell lengths of minus one pixel where it knows none."""
    sections, rows, columns = data.shape
    head = bytearray(1024)
    struct.pack_into(f"{order}4i", head, 0, columns, rows, sections, 6)
    struct.pack_into(f"{order}3i3f", head, 28, columns, rows, sections, -10.0 * columns, -10.0 * rows, 0.0)
    head[208:216] = b"MAP " + (b"\x44\x44\0\0" if order == "<" else b"\x11\x11\0\0")
    path.write_bytes(bytes(head) + data.astype(f"{order}u2").tobytes())
    return path


def frames(count: int) -> "np.ndarray[tuple[int, int, int], np.dtype[np.uint16]]":
    return np.arange(count * 6 * 8, dtype=np.uint16).reshape(count, 6, 8)


def read(path: Path) -> Extraction:
    """With what belongs to it by name."""
    groups = group_companions([file.name for file in path.parent.iterdir()])
    group = next(group for group in groups if group.main == path.name)
    return extractor.extract(path, [path.parent / name for name in group.companions])


@pytest.mark.parametrize(
    ("movie", "info"),
    [
        ("20241021_00405_movie.mrc", "20241021_00405_info.txt"),
        ("Sample 3 µ_movie.mrc", "Sample 3 µ_info.txt"),
        ("UPPER_MOVIE.MRC", "upper_Info.TXT"),
    ],
)
def test_a_scan_has_the_axes_that_the_text_beside_it_names(tmp_path: Path, movie: str, info: str) -> None:
    write_mrc(tmp_path / movie, frames(20))
    (tmp_path / info).write_text(INFO)
    found = read(tmp_path / movie)
    signal = found.signals[0]
    assert signal.shape == (4, 5, 6, 8)
    assert [(axis.name, axis.scale, axis.unit, axis.is_navigation) for axis in signal.axes] == [
        ("y", 0.25, "nm", True),
        ("x", 0.5, "nm", True),
        ("ky", 0.04, "1/nm", False),
        ("kx", 0.02, "1/nm", False),
    ]
    assert found.normalised["acceleration_voltage"].value == 200_000
    assert found.normalised["camera_length"].value == pytest.approx(0.28)
    assert found.normalised["dwell_time"].value == pytest.approx(250e-6)
    assert found.normalised["start_time"].value == "2024-10-21T19:36:50+00:00"
    assert "magnification" not in found.normalised  # -1 is "not known"
    assert found.metadata["de_metadata"]["Camera Name"] == "Celeritas XS"


def test_a_scan_in_any_order_is_sorted_by_its_coordinates(tmp_path: Path) -> None:
    path = write_mrc(tmp_path / "a_scan_movie.mrc", frames(6))
    (tmp_path / "a_scan_info.txt").write_text(INFO.replace("= Raster", "= XY File"))
    places = [(1, 0), (0, 0), (2, 1), (1, 1), (0, 1), (2, 0)]  # (x, y)
    (tmp_path / "a_scan_scan_coordinates.csv").write_text("".join(f"{x},{y}\n" for x, y in places))
    assert read(path).signals[0].shape == (2, 3, 6, 8)
    data = np.asarray(extractor.last[1].signals[0].data)  # type: ignore[index]
    for number, (x, y) in enumerate(places):
        assert np.array_equal(data[y, x], frames(6)[number])


def test_coordinates_that_no_scan_reaches_are_refused(tmp_path: Path) -> None:
    path = write_mrc(tmp_path / "a_movie.mrc", frames(2))
    (tmp_path / "a_info.txt").write_text(INFO.replace("= Raster", "= XY File"))
    (tmp_path / "a_scan_coordinates.csv").write_text("0,0\n900000,900000\n")
    with pytest.raises(ValueError, match="which no scan reaches"):
        read(path)


def test_a_scale_that_is_not_positive_is_none(tmp_path: Path) -> None:
    signal = read(write_mrc(tmp_path / "20241021_00405_final.mrc", frames(1))).signals[0]
    assert [(axis.scale, axis.unit) for axis in signal.axes] == [(1.0, ""), (1.0, "")]


def test_a_big_endian_file_holds_the_same_numbers(tmp_path: Path) -> None:
    path = write_mrc(tmp_path / "a.mrc", frames(3), ">")
    assert read(path).signals[0].shape == (3, 6, 8)
    assert np.array_equal(np.asarray(extractor.last[1].signals[0].data), frames(3))  # type: ignore[index]


def test_a_file_that_was_cut_off_says_so(tmp_path: Path) -> None:
    path = write_mrc(tmp_path / "a.mrc", frames(3))
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(EOFError, match="1302 of 1312 bytes"):
        read(path)


def test_both_names_of_a_scans_files_are_known() -> None:
    names = ["R_Scan_movie.mrc", "R_Scan_info.txt", "R_Scan_scan_coordinates.csv", "S_movie.mrc", "S_scan_info.txt"]
    assert group_companions(names) == [
        Group("R_Scan_movie.mrc", ("R_Scan_info.txt", "R_Scan_scan_coordinates.csv")),
        Group("S_movie.mrc", ("S_scan_info.txt",)),
    ]


def test_the_real_one_of_the_vendor(sample_data: Path, tmp_path: Path) -> None:
    for name in ("Custom_movie.mrc", "Custom_info.txt", "Custom_scan_coordinates.csv"):
        shutil.copyfile(sample_data / "vendor/mrc" / name, tmp_path / name)
    signal = read(tmp_path / "Custom_movie.mrc").signals[0]
    # "Scan - Size X = 5", "Scan - Size Y = 5", 30 coordinates of which some are visited twice
    assert signal.shape == (5, 5, 2, 16, 16)
    assert [axis.name for axis in signal.axes] == ["y", "x", "repeat", "ky", "kx"]
