"""NeXus files written with h5py the ways in which its manual has described them over the years."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from lims.extractors.extract import extract
from lims.extractors.hdf5 import extractor
from lims.model import Extraction, Signal

COUNTS = np.arange(20 * 30, dtype=np.uint32).reshape(20, 30)
ENERGY = 7000 + 0.5 * np.arange(30)
Write = Callable[[h5py.Group], object]


def entry(file: h5py.File) -> h5py.Group:
    group = file.create_group("entry")
    group.attrs["NX_class"] = "NXentry"
    data = group.create_group("data")
    data.attrs["NX_class"] = "NXdata"
    data["counts"], data["energy"], data["y"] = COUNTS, ENERGY, np.arange(20) * 2.0
    data["energy"].attrs["units"], data["y"].attrs["units"] = "eV", "mm"
    return data


def attributes_of_the_group(data: h5py.Group) -> None:
    data.attrs["signal"] = "counts"
    data.attrs["axes"] = np.array(["y", "energy"], dtype=h5py.string_dtype())


def attributes_of_the_group_with_indices(data: h5py.Group) -> None:
    data.attrs["signal"] = np.bytes_(b"counts")
    data.attrs["axes"] = np.array([b"energy", b"y"])
    data.attrs["energy_indices"], data.attrs["y_indices"] = 1, np.array([0])


def attributes_of_the_signal(data: h5py.Group) -> None:
    data["counts"].attrs["signal"] = 1
    data["counts"].attrs["axes"] = "y:energy"


def attributes_of_the_signal_in_brackets(data: h5py.Group) -> None:
    data["counts"].attrs["signal"] = "1"
    data["counts"].attrs["axes"] = "[y,energy]"


def attributes_of_the_axes(data: h5py.Group) -> None:
    data["counts"].attrs["signal"] = np.int32(1)
    data["y"].attrs["axis"], data["energy"].attrs["axis"] = 1, np.array([2])


def one_text_for_both(data: h5py.Group) -> None:
    data.attrs["signal"] = "counts"
    data.attrs["axes"] = "y,energy"


WAYS = (
    attributes_of_the_group,
    attributes_of_the_group_with_indices,
    attributes_of_the_signal,
    attributes_of_the_signal_in_brackets,
    attributes_of_the_axes,
    one_text_for_both,
)


def read(path: Path, fill: Callable[[h5py.File], object]) -> Extraction:
    with h5py.File(path, "w") as file:
        fill(file)
    return extractor.extract(path, ())


def first(found: Extraction) -> Signal:
    return found.signals[0]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_way_of_naming_signal_and_axes_is_understood(tmp_path: Path, way: Write) -> None:
    found = read(tmp_path / "a.nxs", lambda file: way(entry(file)))
    assert found.format == "nexus"
    (signal,) = found.signals
    assert (signal.title, signal.shape, signal.dtype) == ("entry/data/counts", (20, 30), "uint32")
    axes = [(axis.name, axis.scale, axis.offset, axis.unit) for axis in signal.axes]
    assert axes == [("y", 2.0, 0.0, "mm"), ("energy", 0.5, 7000.0, "eV")]
    assert [axis.is_navigation for axis in signal.axes] == [True, False]  # an energy axis makes spectra


def test_edges_of_bins_become_their_middles(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        data = entry(file)
        del data["energy"]
        data["energy"] = np.arange(31) * 2.0
        attributes_of_the_group(data)

    axis = first(read(tmp_path / "a.h5", fill)).axes[1]
    assert (axis.offset, axis.scale) == (1.0, 2.0)


def test_the_default_plot_is_first_and_auxiliary_signals_follow(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        attributes_of_the_group(entry(file))
        other = file["entry"].create_group("overview")
        other.attrs.update({"NX_class": "NXdata", "signal": "sum", "auxiliary_signals": ["error"], "axes": "."})
        other["sum"], other["error"] = np.zeros(50), np.ones(50)
        file.attrs["default"], file["entry"].attrs["default"] = "entry", "overview"

    titles = [signal.title for signal in read(tmp_path / "a.h5", fill).signals]
    assert titles == ["entry/overview/sum", "entry/overview/error", "entry/data/counts"]


def test_signals_that_are_only_numbered_follow_each_other(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        data = entry(file)
        data["other"] = np.zeros(40)
        data["other"].attrs["signal"], data["counts"].attrs["signal"] = 2, 1

    titles = [signal.title for signal in read(tmp_path / "a.h5", fill).signals]
    assert titles == ["entry/data/counts", "entry/data/other"]


def test_links_and_a_default_that_lead_in_a_circle_are_followed_once(tmp_path: Path) -> None:
    path = tmp_path / "circle.nxs"
    with h5py.File(path, "w") as file:
        attributes_of_the_group(entry(file))
        file.attrs["default"] = "."
        for number in range(40):
            file["entry"][f"again_{number}"], file["entry/data"][f"up_{number}"] = file["/"], file["entry"]
    assert [signal.shape for signal in extract(path, ())[1].signals] == [(20, 30)]


def test_a_signal_that_is_not_there_is_not_replaced_by_an_axis(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        data = entry(file)
        attributes_of_the_group(data)
        del data["counts"]
        data["stage"] = np.zeros((20, 30))
        data["counts"] = h5py.SoftLink("/nowhere")
        file["entry/instrument/detector/data"] = np.ones((8, 9))
        file["entry/instrument/detector"].attrs["NX_class"] = "NXdetector"

    assert [signal.title for signal in read(tmp_path / "a.h5", fill).signals] == ["entry/instrument/detector/data"]


def test_a_stack_says_how_many_of_its_axes_are_the_picture(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        data = entry(file)
        data["stack"] = np.zeros((4, 5, 6, 7))
        data["stack"].attrs["interpretation"] = "spectrum"
        data.attrs["signal"] = "stack"

    assert [axis.is_navigation for axis in first(read(tmp_path / "a.h5", fill)).axes] == [True, True, True, False]


def test_a_detectors_frames_are_shown_once_however_many_links_lead_to_them(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        detector = file.create_group("entry/instrument/detector")
        file["entry"].attrs["NX_class"], detector.attrs["NX_class"] = "NXentry", "NXdetector"
        detector["data"] = np.zeros((3, 32, 32), np.uint16)
        data = file["entry"].create_group("data")
        data.attrs.update({"NX_class": "NXdata", "signal": "data"})
        data["data"] = detector["data"]
        alone = file["entry/instrument"].create_group("camera")
        alone.attrs["NX_class"] = "NXdetector"
        alone["data"] = np.zeros((64, 48), np.uint16)

    shapes = [signal.shape for signal in read(tmp_path / "a.h5", fill).signals]
    assert shapes == [(3, 32, 32), (64, 48)]


def beamline(file: h5py.File) -> None:
    """The base classes with names that nobody prescribes."""
    entry(file)
    top = file["entry"]
    top["title"], top["start_time"], top["end_time"] = "Fe K edge", "2026-01-02T03:04:05+09:00", "2026-01-02T04:00:00Z"
    top["experiment_identifier"] = "cm12345-1"
    top.attrs["NX_class"] = np.array([b"NXentry"])  # as some write it
    for path, kind in (
        ("entry/someone", "NXuser"), ("entry/BL1", "NXinstrument"), ("entry/BL1/ring", "NXsource"),
        ("entry/BL1/sdd", "NXdetector"), ("entry/thing", "NXsample"), ("entry/BL1/dcm", "NXmonochromator"),
    ):  # fmt: skip
        file.require_group(path).attrs["NX_class"] = kind
    file["entry/someone/name"], file["entry/someone/affiliation"] = "A. Kimura", "University of Somewhere"
    file["entry/BL1/name"] = "BL39XU"
    file["entry/BL1/ring/name"], file["entry/BL1/ring/probe"], file["entry/BL1/ring/energy"] = "SPring-8", "x-ray", 8.0
    file["entry/BL1/ring/energy"].attrs["units"] = "GeV"
    file["entry/BL1/dcm/energy"] = 7112.0
    file["entry/BL1/dcm/energy"].attrs["units"] = "eV"
    file["entry/BL1/sdd/description"], file["entry/BL1/sdd/count_time"] = "four element SDD", [500.0, 500.0]
    file["entry/BL1/sdd/count_time"].attrs["units"] = "ms"
    file["entry/thing/name"], file["entry/thing/chemical_formula"] = "pellet 3", "Fe2O3"
    file["entry/thing/temperature"] = 25.0
    file["entry/thing/temperature"].attrs["units"] = "degC"


def test_common_fields_come_from_the_classes_in_si(tmp_path: Path) -> None:
    values = read(tmp_path / "a.h5", beamline).normalised
    found = {name: value.value for name, value in values.items() if name not in ("shape", "dtype", "signal_type")}
    assert found == {
        "title": "Fe K edge",
        "start_time": "2026-01-02T03:04:05+09:00",
        "end_time": "2026-01-02T04:00:00+00:00",
        "operator": "A. Kimura",
        "affiliation": "University of Somewhere",
        "experiment_id": "cm12345-1",
        "sample_id": "pellet 3",
        "elements": ["Fe", "O"],
        "instrument_name": "BL39XU",
        "location": "SPring-8",
        "detector_name": "four element SDD",
        "exposure_time": 0.5,
        "temperature": 298.15,
    }  # and no acceleration voltage: neither the ring's nor the photons' energy is one
    assert values["temperature"].source == "entry.thing.temperature.#value"


def test_the_voltage_of_an_electron_column_is_an_acceleration_voltage(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        entry(file)
        for path, kind in (
            ("entry/lab", "NXinstrument"), ("entry/lab/column", "NXebeam_column"), ("entry/lab/column/gun", "NXsource"),
            ("entry/lab/maker", "NXfabrication"),
        ):  # fmt: skip
            file.require_group(path).attrs["NX_class"] = kind
        file["entry/lab/column/gun/voltage"] = 200.0
        file["entry/lab/column/gun/voltage"].attrs["units"] = "kV"
        file["entry/lab/column/gun/emitter_type"] = "cold_cathode_field_emitter"
        file["entry/lab/maker/vendor"], file["entry/lab/maker/model"] = "JEOL", "ARM200F"

    values = {name: value.value for name, value in read(tmp_path / "a.h5", fill).normalised.items()}
    assert values["acceleration_voltage"] == 200_000
    assert values["source_type"] == "cold_cathode_field_emitter"
    assert (values["instrument_vendor"], values["instrument_model"]) == ("JEOL", "ARM200F")


def test_a_cxi_file_has_the_same_words_without_classes(tmp_path: Path) -> None:
    def fill(file: h5py.File) -> None:
        file["cxi_version"] = 140
        file["entry_1/title"] = "virus"
        file["entry_1/sample_1/name"], file["entry_1/instrument_1/name"] = "mimivirus", "AMO"
        file["entry_1/data_1/data"] = np.zeros((2, 40, 40))

    found = read(tmp_path / "a.cxi", fill)
    assert found.format == "cxi"
    assert first(found).shape == (2, 40, 40)
    values = {name: value.value for name, value in found.normalised.items()}
    assert (values["title"], values["sample_id"], values["instrument_name"]) == ("virus", "mimivirus", "AMO")


def test_the_beamline_sample_agrees_with_what_h5py_reads(sample_data: Path) -> None:
    path = sample_data / "vendor/beamline/synthetic_nxxas_like.h5"
    found = extractor.extract(path, ())
    with h5py.File(path) as file:
        energy, mu = file["entry/data/energy"][()], file["entry/data/mu"][()]
    (signal,) = found.signals
    assert (signal.signal_type, signal.axes[0].unit) == ("spectrum", "eV")
    assert signal.axes[0].offset == energy[0]
    assert signal.axes[0].scale == pytest.approx((energy[-1] - energy[0]) / 399)
    assert np.array_equal(extractor.preview(path, ()).data, mu)
