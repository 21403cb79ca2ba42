"""Dectris' master files with data made here, beside the numbers that were put in."""

import shutil
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
import pytest

from lims.extractors import Pool
from lims.extractors.companions import Group, group_companions
from lims.extractors.extract import extract_file
from lims.extractors.hdf5 import extractor
from lims.facility.signals import read_signals

SIDE = 24


def dataset(sample_data: Path, folder: Path, files: tuple[int, ...]) -> Path:
    """The vendor's master, linked to files of that many frames."""
    for name in ("test_00_master.h5", "test_00.h5"):
        shutil.copyfile(sample_data / "vendor/arina" / name, folder / name)
    first = 0
    with h5py.File(folder / "test_00_master.h5", "r+") as master:
        del master["entry/data"]
        for number, count in enumerate(files, 1):
            name = f"test_00_data_{number:06d}.h5"
            with h5py.File(folder / name, "w") as file:
                numbers = np.arange(first, first + count, dtype=np.uint32)
                frames = np.broadcast_to(numbers[:, None, None], (count, SIDE, SIDE))
                file.create_dataset("entry/data/data", data=frames, chunks=(1, SIDE, SIDE), **hdf5plugin.Bitshuffle())
            master[f"entry/data/data_{number:06d}"] = h5py.ExternalLink(name, "/entry/data/data")
            first += count
    return folder / "test_00_master.h5"


def test_a_scan_over_several_files_is_one_lazy_signal(sample_data: Path, tmp_path: Path) -> None:
    path = dataset(sample_data, tmp_path, (10, 6))
    (group,) = group_companions([file.name for file in tmp_path.iterdir()])
    assert group == Group(path.name, ("test_00.h5", "test_00_data_000001.h5", "test_00_data_000002.h5"))
    companions = [tmp_path / name for name in group.companions]
    found = extractor.extract(path, companions)
    signal = found.signals[0]
    assert (signal.shape, signal.dtype) == ((4, 4, SIDE, SIDE), "uint32")
    assert [axis.name for axis in signal.axes] == ["y", "x", "dy", "dx"]
    assert [axis.is_navigation for axis in signal.axes] == [True, True, False, False]
    data = extractor.opened(path, companions).signals[0].data
    assert hasattr(data, "dask")
    assert np.array_equal(np.asarray(data)[..., 0, 0], np.arange(16).reshape(4, 4))
    assert found.normalised["acceleration_voltage"].value == 300_000  # "High Tension"
    assert found.normalised["camera_length"].value == pytest.approx(0.115)
    assert found.normalised["detector_name"].value == "Dectris ARINA CZT"
    assert found.normalised["start_time"].value == "2025-05-03T01:51:00.302000+02:00"
    assert found.metadata["entry"]["instrument"]["detector"]["detectorSpecific"]["ntrigger"] == 16


def test_it_is_read_behind_the_fence_and_opened_by_hyperspy(sample_data: Path, tmp_path: Path) -> None:
    path = dataset(sample_data, tmp_path, (16,))
    with Pool() as pool:
        outcome = pool.run(path, [tmp_path / "test_00.h5", tmp_path / "test_00_data_000001.h5"])
    assert outcome.failed == ()
    (opened,) = read_signals(path, "arina", lazy=True)
    assert opened.data.shape == (4, 4, SIDE, SIDE)


def test_a_scan_that_is_not_square_is_a_row_of_frames(sample_data: Path, tmp_path: Path) -> None:
    path = dataset(sample_data, tmp_path, (7,))
    assert extractor.extract(path, [tmp_path / "test_00_data_000001.h5"]).signals[0].shape == (7, SIDE, SIDE)


def test_without_its_data_it_names_the_file_that_is_missing(sample_data: Path, tmp_path: Path) -> None:
    path = dataset(sample_data, tmp_path, (4,))
    (tmp_path / "test_00_data_000001.h5").unlink()
    found = extract_file(path).extraction
    assert found is not None
    assert found.warnings[0] == "A file that belongs to it is missing: test_00_data_000001.h5."
    assert found.normalised["detector_name"].value == "Dectris ARINA CZT"
