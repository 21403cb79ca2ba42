from pathlib import Path

import hyperspy.api as hs
import numpy as np
import pytest
from matplotlib.figure import Figure

from lims.errors import Invalid, PluginFailed
from lims.extractors.companions import group_companions
from lims.extractors.rosetta import extractor as rosetta
from lims.extractors.signals import text
from lims.facility.signals import LAZY_BYTES, choose, is_large, read_signals, write_thing
from lims.model import Signal


def image() -> hs.signals.Signal2D:
    return hs.signals.Signal2D(np.arange(12.0).reshape(3, 4))


def figure() -> Figure:
    made = Figure(figsize=(2, 2))
    made.subplots().plot([1, 3, 2])
    return made


@pytest.mark.parametrize(
    ("thing", "name", "written"),
    [
        (image(), "Eve_FFT", "Eve_FFT.hspy"),
        (image(), "Eve.nxs", "Eve.nxs"),
        (np.arange(3), "counts", "counts.npy"),
        (figure(), "plot", "plot.png"),
        (figure(), "plot.svg", "plot.svg"),
    ],
)
def test_a_result_is_written_under_its_name_with_the_usual_ending(tmp_path, thing, name, written):
    path = write_thing(thing, tmp_path, name)
    assert path == tmp_path / written
    assert path.stat().st_size > 0


def test_a_signal_and_an_array_come_back_as_they_were(tmp_path):
    assert np.array_equal(hs.load(write_thing(image(), tmp_path, "a")).data, image().data)
    assert np.array_equal(np.load(write_thing(np.arange(3), tmp_path, "a")), [0, 1, 2])


def test_a_file_is_copied_and_lends_its_ending(tmp_path):
    source = tmp_path / "made elsewhere.csv"
    source.write_text("a,b\n")
    assert write_thing(source, tmp_path, "copy").read_text() == "a,b\n"
    assert write_thing(str(source), tmp_path, "copy").name == "copy.csv"


@pytest.mark.parametrize("name", ["plot.png", "plot.pdf", "plot.svg"])
def test_the_same_figure_is_the_same_bytes(tmp_path, monkeypatch, name):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")  # Matplotlib names the parts of an SVG anew each time without a salt
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "lims"}):
        first, second = (write_thing(figure(), tmp_path, name).read_bytes() for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("thing", "name", "says"),
    [
        (image(), "a.txt", "hspy"),
        (np.arange(3), "a.xlsx", "npy"),
        (np.array([object()]), "a.npy", "objects"),
        (figure(), "a.docx", "png"),
        ("/no/such/file.csv", "a", "no file"),
        ({"a": 1}, "a.json", "dict"),
    ],
)
def test_what_cannot_be_saved_is_refused_with_what_can(tmp_path, thing, name, says):
    with pytest.raises(Invalid, match=says):
        write_thing(thing, tmp_path, name)


def test_of_several_signals_one_is_chosen_by_position_or_title():
    first, second = image(), image()
    first.metadata.General.title, second.metadata.General.title = "HAADF", "BF"
    assert choose([first], None, "a") is first
    assert choose([first, second], None, "a") == [first, second]
    assert choose([first, second], 1, "a") is second
    assert choose([first, second], "HAADF", "a") is first
    for wrong in (2, -1, "DF"):
        with pytest.raises(Invalid, match="0 'HAADF', 1 'BF'"):
            choose([first, second], wrong, "a.emd")


def test_large_is_what_is_large_on_disk_or_once_it_is_unpacked():
    packed = Signal("", "", (256, 256, 128, 128), "uint8", ())
    assert is_large(1000, (packed,))
    assert is_large(LAZY_BYTES + 1, ())
    assert not is_large(1000, (Signal("", "", (64, 64), "float64", ()),))
    assert not is_large(1000, (Signal("", "", (64, 64), "of its own kind", ()),))


def test_a_file_opens_by_its_format_and_not_by_its_name(tmp_path: Path, sample_data: Path):
    path = tmp_path / "re*named [1]é.tif"
    path.write_bytes((sample_data / "vendor/dm3/test_STEM_image.dm3").read_bytes())
    (signal,) = read_signals(path, "dm3", lazy=False)
    assert signal.data.shape == (68, 68)
    (lazy,) = read_signals(path, "dm3", lazy=True)
    assert lazy._lazy


def test_a_file_that_cannot_be_read_says_which_and_why(tmp_path: Path):
    path = tmp_path / "cut.dm3"
    path.write_bytes(b"\0\0\0\3nothing")
    with pytest.raises(PluginFailed, match=r"cut\.dm3"):
        read_signals(path, "dm3", lazy=False)


def test_a_signal_saved_as_nexus_comes_back_alone(tmp_path):
    """Its axes and the lists of texts in its metadata are no signals."""
    signal = image()
    signal.metadata.set_item("Sample.elements", ["Fe", "O"])
    (found,) = read_signals(write_thing(signal, tmp_path, "a.nxs"), "nexus-hyperspy", lazy=False)
    assert np.array_equal(found.data, signal.data)


def test_what_hyperspy_has_no_reader_for_opens_with_its_axes_and_the_vendors_tree(sample_data):
    signals = read_signals(sample_data / "vendor/h5oina/patterns.h5oina", "h5oina", lazy=True)
    assert signals[0].axes_manager.shape == (3, 3, 60, 60)
    assert signals[0].axes_manager["x"].units == "µm"
    assert signals[0].original_metadata["1"]["EBSD"]["Header"]["Beam Voltage"]["#value"] == 20


@pytest.mark.filterwarnings("ignore")  # the readers' own
@pytest.mark.parametrize(
    "name",
    [
        "ser_emi/16_STOimage.emi",  # HyperSpy leaves its offset in metres beside a scale in nm
        "mrc/20241021_00405_final.mrc",  # a scale of -1 nm
        "mrc/Custom_movie.mrc",  # its scan positions stand in a second file
        "tiff/olympus_SIS.tif",  # a pixel size that only the vendor's tags know
        "renishaw/interrupted_acquisition.wdf",
        "elid/Elid2Version0.elid",  # pictures of which both axes are said to be scanned
        "impulse/StubExperiment_Synchronized data.csv",  # two logs
        "nxs/saved_multi_signal.nxs",  # whose axes are no signals
    ],
)
def test_signals_open_with_the_shapes_axes_and_titles_that_the_catalog_shows(sample_data, name):
    path = sample_data / "vendor" / name
    groups = group_companions([entry.name for entry in path.parent.iterdir() if entry.is_file()])
    companions = [path.parent / one for group in groups if group.main == path.name for one in group.companions]
    described = rosetta.extract(path, companions).signals
    opened = read_signals(path, rosetta.format_of(path), companions, described, lazy=False)
    assert [described_again(signal) for signal in opened] == [
        (one.title, one.shape, [(a.name, a.unit, a.is_navigation) for a in one.axes]) for one in described
    ]
    for signal, one in zip(opened, described, strict=True):
        for there, axis in zip(signal.axes_manager._axes, one.axes, strict=True):
            assert not there.is_uniform or (there.scale, there.offset) == (axis.scale, axis.offset)


def described_again(signal):
    axes = [(text(a.name), text(a.units), a.navigate) for a in signal.axes_manager._axes]
    return signal.metadata.General.title, signal.data.shape, axes


def test_a_picture_whose_axes_are_all_scanned_can_be_seen(sample_data):
    """Phenom's pictures are signals without a signal for HyperSpy; 20 wide and 16 high in its own words."""
    path = sample_data / "vendor/elid/Elid2Version1.elid"
    described = rosetta.extract(path, ()).signals
    picture = read_signals(path, "elid", (), described, lazy=False)[0]
    assert isinstance(picture, hs.signals.Signal2D)
    assert (picture.axes_manager.signal_shape, picture.data.shape) == ((20, 16), (16, 20))
    assert described[0].signal_type == "image"
    whole = hs.load(path)[0].data
    assert np.array_equal(picture.data, whole)


def test_a_cameras_image_has_the_axes_of_its_sides(sample_data):
    """445 high and 479 wide, 384.1 µm times 413.6 µm: RosettaSciIO gives the indices the wrong way round."""
    signals = rosetta.extract(sample_data / "vendor/renishaw/interrupted_acquisition.wdf", ()).signals
    y, x = signals[1].axes
    assert (y.name, y.size, x.name, x.size) == ("y", 445, "x", 479)
    assert (y.scale * 445, x.scale * 479) == (pytest.approx(384.2, abs=0.01), pytest.approx(413.6, abs=0.01))
