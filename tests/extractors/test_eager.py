"""Arrays that no reader reads lazily: colours, ragged ones, texts."""

import os
import struct
from pathlib import Path

import dask.array
import h5py
import hyperspy.api as hs
import numcodecs
import numpy as np
import pytest
import zarr

from lims.errors import PluginFailed
from lims.extractors import PreviewTarget
from lims.extractors.extract import extract_file
from lims.extractors.frames import frame_of
from lims.extractors.rosetta import extractor, reading
from lims.extractors.signals import Calibrated
from lims.facility.signals import read_signals
from lims.model import Axis
from lims.plugins import NotMine


class Evil:
    """Makes a file in the working folder when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("unpickled",)


def ragged(path: Path) -> Path:
    data = np.empty((3, 4), dtype=object)
    for y, x in np.ndindex(3, 4):
        data[y, x] = np.arange(1.0 + x + y)
    hs.signals.BaseSignal(data, ragged=True).save(str(path))
    return path


@pytest.mark.parametrize("name", ["a.hspy", "a.zspy"])
def test_a_ragged_signal_is_described_and_has_no_picture(tmp_path: Path, name: str) -> None:
    outcome = extract_file(ragged(tmp_path / name), preview=PreviewTarget(tmp_path / "out.png"))
    assert outcome.extraction is not None
    (signal,) = outcome.extraction.signals
    assert (signal.shape, signal.dtype) == ((3, 4), "object")
    assert outcome.blank == "it holds no numbers"


def test_ragged_markers_do_not_hide_the_image_under_them(tmp_path: Path) -> None:
    image = hs.signals.Signal2D(np.arange(6 * 20 * 30.0).reshape(6, 20, 30))
    offsets = np.empty(6, dtype=object)
    for number in range(6):
        offsets[number] = np.full((number + 1, 2), 3.0)
    image.add_marker(hs.plot.markers.Points(offsets=offsets), permanent=True)
    image.save(str(tmp_path / "a.zspy"))
    found = extractor.extract(tmp_path / "a.zspy", [])
    assert [signal.shape for signal in found.signals] == [(6, 20, 30)]


def texts(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["version_major"], file.attrs["version_minor"] = 0, 2
        group = file.create_group("experiment/texts")
        group.attrs["emd_group_type"] = 1
        group["data"] = np.array([["a", "b", "c"]], dtype=h5py.string_dtype())
        for number, size in enumerate((1, 3), 1):
            group[f"dim{number}"] = np.arange(size)
    return path


def test_an_array_of_texts_is_described(tmp_path: Path) -> None:
    assert [signal.dtype for signal in extractor.extract(texts(tmp_path / "a.emd"), []).signals] == ["object"]


def test_colours_in_a_dm_file_are_read_and_drawn(sample_data: Path, tmp_path: Path) -> None:
    """A float32 image (DataType 2) that says it is one of colours (23), with four bytes a pixel as well."""
    whole = (sample_data / "vendor/dm3/dmTest_float32_nonSquare_diffPixelSize.dm3").read_bytes()
    tag = b"DataType%%%%" + struct.pack(">2I", 1, 5)
    changed = whole.replace(tag + struct.pack("<I", 2), tag + struct.pack("<I", 23))
    assert changed != whole
    path = tmp_path / "colours.dm3"
    path.write_bytes(changed)
    found = extractor.extract(path, [])
    number = next(n for n, signal in enumerate(found.signals) if signal.dtype == "rgba8")
    shape = found.signals[number].shape
    assert extractor.preview(path, [], number).data.shape == (*shape, 4)


def test_what_can_only_be_read_as_a_whole_is_not_read_where_it_is_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_EAGER_BYTES", 10)
    with pytest.raises(NotMine) as passed_on:  # to the reader of any HDF5 file, which describes it
        extractor.extract(texts(tmp_path / "a.emd"), [])
    assert "can only be read as a whole, and is too long" in str(passed_on.value.__cause__)


def test_what_an_hdf5_file_holds_is_counted_and_not_how_long_it_is(tmp_path: Path) -> None:
    """A GiB of zeros takes a few KiB."""
    with h5py.File(tmp_path / "bomb.h5", "w") as file:
        file.create_dataset("Acquisition0/zeros", shape=(1 << 30,), dtype="u1", chunks=(1 << 20,), compression="gzip")
    assert (tmp_path / "bomb.h5").stat().st_size < 1 << 20
    assert reading.bytes_of(tmp_path / "bomb.h5") == 1 << 30


def test_a_picture_is_not_drawn_of_a_block_that_is_too_large() -> None:
    whole = dask.array.zeros((600, 600, 4096), chunks=-1, dtype="u1")
    names = ("y", "x", "Energy")
    axes = tuple(Axis(name, 1, 1.0, 0.0, "", name != "Energy") for name in names)
    with pytest.raises(MemoryError, match="blocks of 1406 MiB"):
        frame_of(Calibrated(whole, axes))


def test_a_pickle_inside_a_zspy_is_refused_and_never_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.zspy"
    hs.signals.Signal1D(np.arange(10.0)).save(str(path))
    tree = zarr.open(str(path), "r+")
    things = np.empty(1, dtype=object)
    things[0] = Evil()
    experiment = next(iter(tree["Experiments"]))
    tree[f"Experiments/{experiment}/metadata"].array("x", things, object_codec=numcodecs.Pickle())
    with pytest.raises(ValueError, match=r"cannot be decoded .*pickle"):
        extractor.extract(path, [])
    with pytest.raises(PluginFailed, match="pickle"):
        read_signals(path, "zspy", lazy=False)
    assert not (tmp_path / "unpickled").exists()
    assert numcodecs.registry.codec_registry["pickle"] is numcodecs.Pickle  # others may still use it
