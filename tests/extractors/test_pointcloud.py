"""Clouds of points, against pypcd4 where it reads them, else against the bytes that were written."""

import struct
from pathlib import Path

import lzf
import numpy as np
import pytest
from pypcd4 import Encoding, PointCloud

from lims.extractors.extract import extract_file
from lims.extractors.pointcloud import extractor

POINTS = np.random.default_rng(1).normal(size=(500, 4)).astype(np.float32)


def header(fields: str, sizes: str, kinds: str, counts: str, width: int, height: int, encoding: str) -> bytes:
    return (
        f"# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS {fields}\nSIZE {sizes}\nTYPE {kinds}\n"
        f"COUNT {counts}\nWIDTH {width}\nHEIGHT {height}\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {width * height}\n"
        f"DATA {encoding}\n"
    ).encode()


@pytest.mark.parametrize("encoding", [Encoding.ASCII, Encoding.BINARY, Encoding.BINARY_COMPRESSED])
def test_every_encoding_gives_the_points_that_were_saved(tmp_path: Path, encoding: Encoding) -> None:
    cloud = PointCloud.from_points(POINTS, ("x", "y", "z", "intensity"), (np.float32,) * 4)
    cloud.save(tmp_path / "a.pcd", encoding)
    found = extractor.extract(tmp_path / "a.pcd", [])
    signals = extractor.read(tmp_path / "a.pcd", []).signals
    assert [one.title for one in found.signals] == ["a x", "a y", "a z", "a intensity"]
    assert {one.dtype for one in found.signals} == {"float32"}
    tolerance = 1e-6 if encoding is Encoding.ASCII else 0  # a text has fewer digits
    for number in range(4):
        assert np.allclose(np.asarray(signals[number].data), POINTS[:, number], rtol=tolerance, atol=tolerance)


def test_a_cloud_is_seen_from_above_with_every_point(tmp_path: Path) -> None:
    cloud = PointCloud.from_points(POINTS, ("x", "y", "z", "intensity"), (np.float32,) * 4)
    cloud.save(tmp_path / "a.pcd", Encoding.BINARY)
    frame = extractor.preview(tmp_path / "a.pcd", [])
    assert frame.data.sum() == 500
    across = frame.axes[1]
    assert across.offset == pytest.approx(float(POINTS[:, 0].min()))
    assert across.offset + across.scale * across.size == pytest.approx(float(POINTS[:, 0].max()))


def test_an_organised_cloud_is_images_and_its_colours_a_picture(tmp_path: Path) -> None:
    depth = np.arange(12, dtype="<f4").reshape(3, 4)
    points = np.zeros(12, [("z", "<f4"), ("rgb", "<u4")])
    points["z"], points["rgb"] = depth.ravel(), (10 << 16) + (20 << 8) + 30
    (tmp_path / "a.pcd").write_bytes(header("z rgb", "4 4", "F F", "1 1", 4, 3, "binary") + points.tobytes())
    found = extractor.extract(tmp_path / "a.pcd", [])
    assert [(one.signal_type, one.shape, one.dtype) for one in found.signals] == [
        ("image", (3, 4), "float32"),
        ("image", (3, 4), "rgb8"),
    ]
    assert (extractor.preview(tmp_path / "a.pcd", [], 0).data == depth).all()
    assert tuple(extractor.preview(tmp_path / "a.pcd", [], 1).data[2, 3]) == (10, 20, 30)


@pytest.mark.parametrize("encoding", ["ascii", "binary", "binary_compressed"])
def test_a_descriptor_is_a_profile_at_each_point_and_filling_is_left_out(tmp_path: Path, encoding: str) -> None:
    x, descriptor = np.arange(5, dtype="<f8"), np.arange(15, dtype="<u2").reshape(5, 3)
    rows = np.zeros(5, [("x", "<f8"), ("_", "u1"), ("d", "<u2", 3)])
    rows["x"], rows["d"] = x, descriptor
    if encoding == "ascii":
        data = "".join(f"{row['x']} 0 {' '.join(map(str, row['d']))}\n" for row in rows).encode()
    elif encoding == "binary":
        data = rows.tobytes()
    else:  # all values of one field, then all of the next
        plain = x.tobytes() + bytes(5) + descriptor.tobytes()
        packed = lzf.compress(plain * 1, len(plain) * 2)
        data = struct.pack("<II", len(packed), len(plain)) + packed
    (tmp_path / "a.pcd").write_bytes(header("x _ d", "8 1 2", "F U U", "1 1 3", 5, 1, encoding) + data)
    found = extractor.extract(tmp_path / "a.pcd", [])
    assert [(one.title, one.shape) for one in found.signals] == [("a x", (5,)), ("a d", (5, 3))]
    assert [axis.is_navigation for axis in found.signals[1].axes] == [True, False]
    assert (np.asarray(extractor.read(tmp_path / "a.pcd", []).signals[1].data) == descriptor).all()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"# .PCD v.7\nVERSION .7\nFIEL", "no line DATA"),
        (b"# .PCD v.7\nVERSION .7\nFIELDS x\nDATA ascii\n1\n", "no SIZE and no TYPE"),
        (header("x y", "4", "F F", "1 1", 1, 1, "ascii") + b"1 2\n", "not as many sizes"),
        (header("x", "3", "F", "1", 1, 1, "ascii") + b"1\n", "makes no sense"),
        (header("x", "4", "F", "1", 3, 1, "ascii") + b"1\n2\n", "3 points"),
        (header("x", "4", "F", "1", 3, 1, "binary") + bytes(8), "8 are there"),
        (header("x", "4", "F", "1", 1 << 31, 1, "binary_compressed") + struct.pack("<II", 9, 99), "unpacked"),
        (header("x", "4", "F", "1", 1, 1, "sculpted"), "sculpted"),
    ],
)
def test_a_file_that_makes_no_sense_says_what_is_wrong(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.pcd").write_bytes(content)
    (failure,) = extract_file(tmp_path / "a.pcd").failed
    assert reason in failure.reason


def test_a_cloud_without_points_is_read_and_says_so(sample_data: Path) -> None:
    found = extractor.extract(sample_data / "vendor/pcd/ascii_with_empty_points.pcd", [])
    assert (found.signals, list(found.warnings)) == ((), ["The cloud has no points."])
    assert found.metadata["FIELDS"] == ["x", "y", "z", "rgb"]
