"""Expected values are those that the test itself writes with h5py, or those that the makers of the samples name."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import pytest

from lims.extractors import Limits, Pool, PreviewTarget
from lims.extractors.extract import extract_file
from lims.extractors.hdf5 import extractor
from lims.extractors.hdf5.generic import MOST_SIGNALS
from lims.model import Extraction, Signal

Fill = Callable[[h5py.File], object]


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(fill: Fill, name: str = "file.h5", **options: Any) -> Path:
        with h5py.File(tmp_path / name, "w", **options) as file:
            fill(file)
        return tmp_path / name

    return write


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(Limits(cpu_s=10)) as pool:
        yield pool


def read(path: Path, *companions: Path) -> Extraction:
    return extractor.extract(path, companions)


def only(found: Extraction) -> Signal:
    (signal,) = found.signals
    return signal


def axes(signal: Signal) -> list[tuple[str, float, float, str]]:
    return [(axis.name, axis.scale, axis.offset, axis.unit) for axis in signal.axes]


def test_the_tree_has_every_type_in_the_order_of_the_file(written: Callable[..., Path]) -> None:
    kind = np.dtype([("label", "S4"), ("mass", "<f8")])

    def fill(file: h5py.File) -> None:
        file.attrs["zulu"] = "été"
        file.attrs["alpha"] = np.bytes_(b"plain")
        group = file.create_group("z group")
        group["text"] = "Å"
        group["bytes"] = np.bytes_(b"caf\xe9")
        group["yes"] = True
        group["colour"] = np.array(2, h5py.enum_dtype({"RED": 1, "GREEN": 2}, basetype="i1"))
        group["not a number"] = np.array([1.0, np.nan, -np.inf])
        group["complex"] = 1 + 2j
        group["table"] = np.array([(b"H", 1.008), (b"He", 4.0026)], kind)
        group["words"] = np.array(["a", "b"], dtype=h5py.string_dtype())
        group["ragged"] = ragged(group)
        group["nothing"] = h5py.Empty("f4")
        group["opaque"] = np.void(b"\x00\xff")
        group["long double"] = np.array(0.5, np.longdouble)
        file["a link"] = h5py.SoftLink("/z group/text")
        file["points to"] = np.array(group["text"].ref, dtype=h5py.ref_dtype)
        file["same"] = group

    tree = read(written(fill, track_order=True)).metadata
    assert list(tree) == ["@zulu", "@alpha", "z group", "a link", "points to", "same"]
    assert (tree["@zulu"], tree["@alpha"]) == ("été", "plain")
    assert tree["z group"] == {
        "text": "Å",
        "bytes": "café",
        "yes": True,
        "colour": "GREEN",
        "not a number": [1.0, "NaN", "-Infinity"],
        "complex": {"real": 1.0, "imag": 2.0},
        "table": [{"label": "H", "mass": 1.008}, {"label": "He", "mass": 4.0026}],
        "words": ["a", "b"],
        "ragged": [[1], [1, 2]],
        "nothing": None,
        "opaque": {"base64": "AP8="},
        "long double": 0.5,
    }
    assert (tree["a link"], tree["points to"]) == ({"#link": "/z group/text"}, "/z group/text")
    assert tree["same"] == {"#link": "/z group"}


def ragged(group: h5py.Group) -> Any:
    array = np.empty(2, dtype=h5py.vlen_dtype(np.int32))
    array[:] = [np.array([1], np.int32), np.array([1, 2], np.int32)]
    return array


def test_a_group_that_holds_itself_is_walked_once(written: Callable[..., Path]) -> None:
    def fill(file: h5py.File) -> None:
        file.create_group("a")["again"] = file["/"]

    assert read(written(fill)).metadata == {"a": {"again": {"#link": "/"}}}


def test_attributes_of_a_dataset_stand_beside_its_value(written: Callable[..., Path]) -> None:
    def fill(file: h5py.File) -> None:
        file["voltage"] = 300.0
        file["voltage"].attrs["units"] = "kV"

    assert read(written(fill)).metadata == {"voltage": {"@units": "kV", "#value": 300.0}}


def test_a_large_array_is_described_and_not_listed(written: Callable[..., Path]) -> None:
    def fill(file: h5py.File) -> None:
        file.create_dataset("stack", (10, 64, 64), "<u2", chunks=(1, 64, 64), compression="gzip", shuffle=True)

    expected = {"shape": [10, 64, 64], "dtype": "uint16", "chunks": [1, 64, 64], "filters": ["shuffle", "deflate"]}
    assert read(written(fill)).metadata == {"stack": {"#array": expected}}


def test_axes_come_from_dimension_scales(written: Callable[..., Path]) -> None:
    def fill(file: h5py.File) -> None:
        file["map"] = np.zeros((4, 20, 30))
        for number, (name, values, unit) in enumerate(
            (("t", [0.0, 1.0, 4.0, 9.0], "s"), ("y", np.arange(20) * 0.5 + 3, "nm"), ("x", np.arange(30) * 0.25, "nm"))
        ):
            file[name] = values
            file[name].attrs["units"] = unit
            file[name].make_scale(name)
            file["map"].dims[number].attach_scale(file[name])

    signal = only(read(written(fill)))
    assert signal.title == "map"
    assert axes(signal) == [("t", 3.0, 0.0, "s"), ("y", 0.5, 3.0, "nm"), ("x", 0.25, 0.0, "nm")]
    assert [axis.is_navigation for axis in signal.axes] == [True, False, False]


def test_the_largest_arrays_are_shown_and_the_others_counted(written: Callable[..., Path]) -> None:
    def fill(file: h5py.File) -> None:
        for number in range(MOST_SIGNALS + 3):
            file[f"line {number:02}"] = np.zeros(100 + number)
        file["matrix"] = np.eye(3)

    found = read(written(fill))
    assert [signal.shape for signal in found.signals] == [(100 + n,) for n in range(MOST_SIGNALS + 2, 2, -1)]
    assert found.warnings == ("3 more arrays are in it; they are only described in its metadata.",)


def test_a_colour_picture_has_one_value_per_pixel(written: Callable[..., Path]) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    path = written(lambda file: file.create_dataset("photo", data=pixels))
    signal = only(read(path))
    assert (signal.shape, signal.dtype) == ((20, 30), "rgb8")
    assert np.array_equal(extractor.preview(path, ()).data, pixels)


def test_attributes_that_people_use_fill_the_common_fields(written: Callable[..., Path]) -> None:
    def fill(file: h5py.File) -> None:
        file.attrs.update({"title": "growth 7", "operator": "mk", "start_time": "2025-03-04T05:06:07+01:00"})
        file["x"] = np.arange(20)

    found = read(written(fill))
    fields = {name: found.normalised[name].value for name in ("title", "operator", "start_time")}
    assert fields == {"title": "growth 7", "operator": "mk", "start_time": "2025-03-04T05:06:07+01:00"}
    assert found.normalised["title"].source == "@title"


def test_the_place_of_an_array_is_no_title_of_the_file(written: Callable[..., Path]) -> None:
    assert "title" not in read(written(lambda file: file.create_dataset("a/b", data=np.zeros(50)))).normalised


@pytest.mark.parametrize(
    "compression",
    [hdf5plugin.Bitshuffle(cname="lz4"), hdf5plugin.Blosc(), hdf5plugin.LZ4(), hdf5plugin.Zstd()],
    ids=["bitshuffle-lz4", "blosc", "lz4", "zstd"],
)
def test_what_detectors_compress_with_is_read_behind_the_fence(
    written: Callable[..., Path], pool: Pool, tmp_path: Path, compression: Any
) -> None:
    data = np.arange(3 * 64 * 64, dtype=np.uint16).reshape(3, 64, 64)
    path = written(lambda file: file.create_dataset("frames", data=data, chunks=(1, 64, 64), compression=compression))
    outcome = pool.run(path, preview=PreviewTarget(tmp_path / "preview.png"))
    assert outcome.failed == ()
    assert outcome.preview_size is not None
    assert np.array_equal(extractor.preview(path, ()).data, data[1])


def test_a_file_too_large_for_the_memory_is_described_by_reading_almost_nothing(
    written: Callable[..., Path], pool: Pool, tmp_path: Path
) -> None:
    """40 GiB of frames of which one is written; the limits of the pool would end whoever reads them."""

    def fill(file: h5py.File) -> None:
        frames = file.create_dataset("frames", (20_000, 1024, 1024), "<u2", chunks=(1, 1024, 1024))
        frames[10_000] = np.arange(1 << 20, dtype=np.uint16).reshape(1024, 1024)

    outcome = pool.run(written(fill), preview=PreviewTarget(tmp_path / "preview.png"))
    assert outcome.failed == ()
    assert outcome.extraction is not None
    assert only(outcome.extraction).shape == (20_000, 1024, 1024)
    assert outcome.preview_size is not None


def test_an_unknown_compression_is_said(tmp_path: Path) -> None:
    path = tmp_path / "odd.h5"
    with h5py.File(path, "w") as file:
        layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        layout.set_chunk((64, 64))
        layout.set_filter(511, h5py.h5z.FLAG_OPTIONAL)
        space = h5py.h5s.create_simple((64, 64))
        h5py.h5d.create(file.id, b"odd", h5py.h5t.NATIVE_FLOAT, space, layout)
    assert read(path).warnings == ("/odd is compressed in a way that nothing here can undo: 511.",)


def test_a_netcdf_file_is_called_so(written: Callable[..., Path]) -> None:
    def fill(file: h5py.File) -> None:
        file.attrs["_NCProperties"] = np.bytes_(b"version=2")
        file["a"] = np.zeros((20, 20))

    assert read(written(fill, "a.nc")).format == "netcdf4"


def test_what_only_looks_like_a_vendors_file_is_shown_as_it_is(written: Callable[..., Path]) -> None:
    """A group that HyperSpy makes, too, with something else in it."""
    path = written(lambda file: file.create_dataset("Experiments/mine", data=np.zeros((20, 20))))
    outcome = extract_file(path)
    assert outcome.extraction is not None
    assert only(outcome.extraction).shape == (20, 20)
    assert outcome.extraction.warnings[0].startswith("It looks like hspy,")


def test_points_and_colours_of_a_zivid_camera_are_pictures(written: Callable[..., Path]) -> None:
    cloud = np.random.default_rng(0).normal(size=(40, 60, 3)).astype("f4")
    cloud[0, 0] = np.nan

    def fill(file: h5py.File) -> None:
        file["data/pointcloud"] = cloud
        file["data/rgba_image"] = np.zeros((40, 60, 4), np.uint8)
        file["data/snr"] = np.ones((40, 60), "f4")
        file.create_group("metadata").attrs.update({"time_stamp": "2024-05-06T07:08:09Z", "serial_number": "2020C0DE"})

    path = written(fill, "cup.zdf")
    found = read(path)
    assert found.format == "zdf"
    assert [signal.title.removeprefix("data/") for signal in found.signals] == [
        "pointcloud depth Z (mm)", "pointcloud X (mm)", "pointcloud Y (mm)", "rgba_image", "snr",
    ]  # fmt: skip
    assert {signal.shape for signal in found.signals} == {(40, 60)}
    assert np.array_equal(extractor.preview(path, (), 0).data, cloud[:, :, 2], equal_nan=True)
    assert np.array_equal(extractor.preview(path, (), 1).data, cloud[:, :, 0], equal_nan=True)
    assert found.normalised["start_time"].value == "2024-05-06T07:08:09+00:00"
    assert found.normalised["instrument_name"].value == "2020C0DE"


def tofwerk(file: h5py.File) -> None:
    """As RosettaSciIO describes the file: three slices of 4 × 5 pixels with three peaks, the masses of 100 samples."""
    file.attrs.update({"TofDAQ Version": 1.99, "NbrWrites": 3, "NbrSegments": 4, "IonMode": np.bytes_(b"positive")})
    file.attrs["HDF5 File Creation Time"] = np.bytes_(b"31.12.2024 23:59:58")
    file.create_group("TimingData")
    log = np.dtype([("timestamp", "<u8"), ("timestring", "S26"), ("logtext", "S16")])
    file["AcquisitionLog/Log"] = np.array([(1, b"2025-01-01T00:00:01+01:00", b"start")], log)
    file["FullSpectra/SumSpectrum"] = np.arange(100.0)
    file["FullSpectra/MassAxis"] = np.arange(100) * 0.5 - 1.0  # the first two are negative
    peak = np.dtype([("label", "S16"), ("mass", "<f4"), ("lower integration limit", "<f4"),
                     ("upper integration limit", "<f4")])  # fmt: skip
    rows = [(b"nominal", 1.0, 0.5, 1.5), (b"nominal", 2.0, 1.5, 2.5), (b"[H3O]+", 1.5, 1.4, 1.6)]
    file["PeakData/PeakTable"] = np.array(rows, peak)
    file["PeakData/PeakData"] = np.arange(3 * 4 * 5 * 3, dtype="<f4").reshape(3, 4, 5, 3)
    for number, rows_there in enumerate((16, 16, 7)):  # the last image is cut short
        file[f"FIBImages/Image{number:04}/Data"] = np.full((rows_there, 20), number, "<u2")
    file.create_group("FIBParams").attrs.update({"ViewField": 0.02, "Voltage": 30_000.0, "Current": 1e-10,
                                                  "FibHardware": np.bytes_(b"Tescan")})  # fmt: skip
    file["FibParams/FibPressure/TwData"] = np.full((3, 1), 1e-4)


def test_mass_spectra_of_a_fib_have_masses_pixels_and_electron_images(written: Callable[..., Path]) -> None:
    path = written(tofwerk)
    outcome = extract_file(path)
    found = outcome.extraction
    assert found is not None
    assert (found.extractor, found.format) == ("hdf5", "tofwerk")
    by_title = {signal.title: signal for signal in found.signals}
    assert list(by_title) == ["sum spectrum", "nominal peaks", "added peaks", "FIBImages"]
    assert axes(by_title["sum spectrum"]) == [("m/Q", 0.5, 0.0, "Th")]
    nominal = by_title["nominal peaks"]
    assert nominal.shape == (3, 4, 5, 2)
    assert axes(nominal)[1:] == [("y", 4.0, 0.0, "µm"), ("x", 4.0, 0.0, "µm"), ("m/Q", 1.0, 1.0, "Th")]
    assert by_title["added peaks"].shape == (3, 4, 5, 1)
    assert by_title["FIBImages"].shape == (2, 16, 20)
    assert axes(by_title["FIBImages"])[1:] == [("y", 1.0, 0.0, "µm"), ("x", 1.0, 0.0, "µm")]
    fields = {name: value.value for name, value in found.normalised.items()}
    assert fields["start_time"] == "2025-01-01T00:00:01+01:00"
    assert (fields["field_of_view_x"], fields["beam_current"]) == (2e-5, 1e-10)
    assert "acceleration_voltage" not in fields  # it is that of the ions


@pytest.mark.parametrize("number", range(4))
def test_each_signal_of_such_a_file_has_a_frame(written: Callable[..., Path], number: int) -> None:
    assert extractor.preview(written(tofwerk), (), number).data.size > 0


def test_the_added_peak_is_the_column_with_its_label(written: Callable[..., Path]) -> None:
    signal = extractor.read(written(tofwerk), ()).signals[2]
    assert np.array_equal(signal.data.compute()[..., 0], np.arange(180).reshape(3, 4, 5, 3)[..., 2])


def master(file: h5py.File, *names: str) -> None:
    """As Dectris writes it, in short."""
    detector = file.create_group("entry/instrument/detector")
    detector["description"] = "Dectris ARINA"
    detector["count_time"] = 1e-4
    detector["count_time"].attrs["units"] = "s"
    detector["detectorSpecific/nimages"] = np.uint64(1)
    detector["detectorSpecific/ntrigger"] = np.uint64(12)
    detector["detectorSpecific/photon_energy"] = 200_000.0
    detector["detectorSpecific/data_collection_date"] = "2025-05-03T01:51:00.302+02:00"
    for number, name in enumerate(names, 1):
        file[f"entry/data/data_{number:06}"] = h5py.ExternalLink(name, "/entry/data/data")


def frames(path: Path, first: int, count: int) -> Path:
    with h5py.File(path, "w") as file:
        numbers = np.arange(first, first + count, dtype=np.uint32)
        file["entry/data/data"] = np.broadcast_to(numbers[:, None, None] + (1 << 20), (count, 8, 8))
    return path


def test_a_master_joins_its_files_and_is_scanned_as_described_beside_it(tmp_path: Path) -> None:
    names = ("scan_data_000001.h5", "scan_data_000002.h5")
    parts = [frames(tmp_path / names[0], 0, 7), frames(tmp_path / names[1], 7, 5)]
    with h5py.File(tmp_path / "scan_master.h5", "w") as file:
        master(file, *names)
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        scan = {"NumPixelsX": 4, "NumPixelsY": 3, "Pixel Size": [0.5], "High Tension": [80_000.0]}
        file.create_group("STEM Metadata").attrs.update(scan)
    outcome = extract_file(tmp_path / "scan_master.h5", [*parts, tmp_path / "scan.h5"])
    assert outcome.extraction is not None
    signal = only(outcome.extraction)
    assert (signal.shape, signal.dtype) == ((3, 4, 8, 8), "uint32")
    assert axes(signal)[:2] == [("y", 0.5, 0.0, "nm"), ("x", 0.5, 0.0, "nm")]
    assert outcome.extraction.normalised["acceleration_voltage"].value == 80_000
    data = extractor.read(tmp_path / "scan_master.h5", [*parts, tmp_path / "scan.h5"]).signals[0].data
    assert np.array_equal(data[:, :, 0, 0].compute(), np.arange(12).reshape(3, 4) + (1 << 20))  # more than 16 bits


def test_a_master_without_its_files_names_them_and_still_tells_what_it_knows(tmp_path: Path, pool: Pool) -> None:
    with h5py.File(tmp_path / "scan_master.h5", "w") as file:
        master(file, "scan_data_000001.h5")
    outcome = pool.run(tmp_path / "scan_master.h5")
    assert outcome.failed == ()
    assert outcome.extraction is not None
    assert outcome.extraction.signals == ()
    assert outcome.extraction.warnings[0] == "A file that belongs to it is missing: scan_data_000001.h5."
    fields = {name: value.value for name, value in outcome.extraction.normalised.items()}
    assert fields == {
        "start_time": "2025-05-03T01:51:00.302000+02:00",
        "acceleration_voltage": 200_000,
        "detector_name": "Dectris ARINA",
        "exposure_time": 1e-4,
    }


def test_a_master_with_its_files_beside_it_that_are_not_its_own_is_refused(tmp_path: Path, pool: Pool) -> None:
    """They are there, so HDF5 would open them, whoever they belong to."""
    frames(tmp_path / "scan_data_000001.h5", 0, 4)
    with h5py.File(tmp_path / "scan_master.h5", "w") as file:
        master(file, "scan_data_000001.h5")
    (failure,) = pool.run(tmp_path / "scan_master.h5").failed
    assert failure.reason.startswith("it refers to another file (scan_data_000001.h5)")


@pytest.mark.parametrize("name", ["../other.h5", "/etc/other.h5", "deeper/other.h5", "%b.h5", "C:\\other.h5"])
def test_only_a_bare_name_can_be_missing(tmp_path: Path, pool: Pool, name: str) -> None:
    with h5py.File(tmp_path / "scan_master.h5", "w") as file:
        master(file, name)
    (failure,) = pool.run(tmp_path / "scan_master.h5").failed
    assert failure.reason.startswith("it refers to another file (")


def test_arinas_sample_says_what_is_missing(sample_data: Path) -> None:
    """The publisher's set has test_00_data_000001.h5, the samples do not; 300 kV and 0.115 m stand in test_00.h5."""
    folder = sample_data / "vendor/arina"
    outcome = extract_file(folder / "test_00_master.h5", [folder / "test_00.h5"])
    assert outcome.extraction is not None
    assert "test_00_data_000001.h5" in outcome.extraction.warnings[0]
    fields = outcome.extraction.normalised
    assert (fields["acceleration_voltage"].value, fields["camera_length"].value) == (300_000, 0.115)
