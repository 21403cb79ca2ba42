"""Velox spectrum images, beside a plain count of the numbers in their streams as the format has them."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lims.extractors.rosetta import extractor
from lims.facility.signals import read_signals
from lims.model import Signal

MAP = "vendor/emd_velox/fei_emd_si.emd"
FOUR_DETECTORS = "vendor/emd_velox/Test SI 16x16 215 kx.emd"
NEXT_PIXEL = 65535


def spectrum_image(path: Path) -> tuple[int, Signal]:
    signals = extractor.extract(path, []).signals
    return next((n, signal) for n, signal in enumerate(signals) if len(signal.shape) == 3)


def counted(path: Path, pixels: int) -> Counter[tuple[int, int]]:
    """(pixel, channel) of every count, one number of the streams after the other."""
    found: Counter[tuple[int, int]] = Counter()
    with h5py.File(path) as file:
        for stream in file["Data/SpectrumStream"].values():
            pixel = 0
            for value in stream["Data"][:, 0].tolist():
                if value == NEXT_PIXEL:
                    pixel += 1
                else:
                    found[pixel % pixels, value] += 1
    return found


@pytest.fixture
def copy(sample_data: Path, tmp_path: Path) -> Path:
    path = tmp_path / "map.emd"
    shutil.copyfile(sample_data / MAP, path)
    return path


def document(text: Any, width: int = 60000) -> "np.ndarray[Any, Any]":
    """JSON as Velox stores it beside an array: a column of bytes, padded with zeros."""
    return np.frombuffer(json.dumps(text).encode().ljust(width, b"\0"), dtype=np.uint8)[:, None]


def test_a_spectrum_image_is_a_signal_with_its_axes(sample_data: Path) -> None:
    _, found = spectrum_image(sample_data / MAP)
    with h5py.File(sample_data / MAP) as file:
        stream = next(iter(file["Data/SpectrumStream"].values()))
        said = json.loads(stream["Metadata"][:, 0].tobytes().rstrip(b"\0"))
    name = said["BinaryResult"]["Detector"]
    detector = next(one for one in said["Detectors"].values() if one["DetectorName"].startswith(name))
    assert (found.signal_type, found.shape, found.dtype) == ("EDS_TEM", (16, 16, 4096), "uint16")
    assert [axis.is_navigation for axis in found.axes] == [True, True, False]
    assert found.axes[1].scale * 1e-9 == pytest.approx(float(said["BinaryResult"]["PixelSize"]["width"]))
    assert found.axes[1].unit == "nm"
    assert found.axes[2].unit == "keV"
    assert found.axes[2].scale * 1000 == pytest.approx(float(detector["Dispersion"]))
    assert found.axes[2].offset * 1000 == pytest.approx(float(detector["OffsetEnergy"]))


@pytest.mark.parametrize("name", [MAP, FOUR_DETECTORS])
def test_its_picture_is_the_sum_of_its_counts(sample_data: Path, name: str) -> None:
    number, _ = spectrum_image(sample_data / name)
    counts = counted(sample_data / name, 16 * 16)
    frame = extractor.preview(sample_data / name, [], number)
    expected = np.zeros(16 * 16)
    for (pixel, _), count in counts.items():
        expected[pixel] += count
    assert np.array_equal(frame.data, expected.reshape(16, 16))
    assert frame.reduced == "sum over X-ray energy"
    data = extractor.opened(sample_data / name, []).signals[number].data
    spectrum = Counter({channel: 0 for _, channel in counts})
    for (_, channel), count in counts.items():
        spectrum[channel] += count
    assert {n: int(c) for n, c in enumerate(data.over_positions()) if c} == dict(spectrum)


def test_its_shape_is_its_own_scans_and_not_a_survey_images(copy: Path) -> None:
    with h5py.File(copy, "r+") as file:
        images = file["Data/Image"]
        images.copy(next(iter(images)), "ff" * 16)
        survey = images["ff" * 16]
        del survey["Data"]
        pixels = np.arange(32 * 48, dtype=np.uint16).reshape(32, 48, 1)
        survey.create_dataset("Data", data=pixels, chunks=pixels.shape)
    assert spectrum_image(copy)[1].shape == (16, 16, 4096)
    opened = read_signals(copy, "emd-velox", lazy=True)
    assert [signal.data.shape for signal in opened] == [(16, 16), (32, 48), (16, 16, 4096)]


def test_hyperspy_opens_the_counts_that_the_stream_holds(sample_data: Path) -> None:
    opened = read_signals(sample_data / MAP, "emd-velox", lazy=False)[-1]
    expected = np.zeros((16 * 16, 4096))
    for (pixel, channel), count in counted(sample_data / MAP, 16 * 16).items():
        expected[pixel, channel] = count
    assert np.array_equal(opened.data.reshape(-1, 4096), expected)


def test_a_count_beyond_the_channels_is_refused_before_it_is_decoded(copy: Path) -> None:
    with h5py.File(copy, "r+") as file:
        next(iter(file["Data/SpectrumStream"].values()))["Data"][10, 0] = 5000
    with pytest.raises(Exception, match="counts beyond its 4096 channels"):
        read_signals(copy, "emd-velox", lazy=False)


def test_an_energy_loss_cube_is_lazy_and_turned_so_that_the_spectrum_is_last(copy: Path) -> None:
    """A detector that reads several ranges leaves one cube each, stored (x, energy, y)."""
    cube = np.arange(5 * 64 * 3, dtype=np.uint16).reshape(5, 64, 3)
    with h5py.File(copy, "r+") as file:
        group = file.create_group("Data/EelsSpectrumImage/" + "ab" * 16)
        group.create_dataset("Data", data=cube, chunks=(5, 64, 1))
        group["Metadata"] = document({"Core": {"MetadataSchemaVersion": "v1/2013/07"}})
        said = {"Data": {"dispersion": 0.25, "offset": 400.0, "exposureTime": 0.004}, "Type": "EelsAcquisitionMetadata"}
        group["AcquisitionMetadata"] = document(said, 672)
    found = extractor.extract(copy, [])
    number = next(n for n, signal in enumerate(found.signals) if signal.signal_type == "EELS")
    signal = found.signals[number]
    assert signal.shape == (3, 5, 64)
    assert [(axis.name, axis.size) for axis in signal.axes] == [("y", 3), ("x", 5), ("Energy-loss", 64)]
    assert (signal.axes[2].scale, signal.axes[2].offset, signal.axes[2].unit) == (0.25, 400.0, "eV")
    data = extractor.opened(copy, []).signals[number].data
    assert hasattr(data, "dask")
    assert np.array_equal(np.asarray(data), np.moveaxis(cube, [2, 0, 1], [0, 1, 2]))
    assert found.metadata["signals"][str(number + 1)]["AcquisitionMetadata"]["Data"]["exposureTime"] == 0.004
