import pytest

from lims.extractors.ranking import signals_to_show
from lims.model import Axis, Signal


def signal(title: str, *shape: int) -> Signal:
    return Signal(title, "", shape, "uint16", ())


def shown(*signals: Signal) -> list[str]:
    return [signals[number].title for number in signals_to_show(signals)]


def test_the_largest_image_comes_first() -> None:
    assert shown(signal("corner", 64, 64), signal("survey", 512, 512), signal("mid", 128, 128)) == [
        "survey",
        "mid",
        "corner",
    ]


@pytest.mark.parametrize("title", ["C", "Fe", "C K", "Si Kα1", "O-EELS", "B K", "Au_M"])
def test_an_element_map_comes_after_an_image_of_the_same_field(title: str) -> None:
    assert shown(signal(title, 256, 256), signal("HAADF", 256, 256)) == ["HAADF", title]


@pytest.mark.parametrize("title", ["BF", "HAADF", "SEI", "IMG1", "a", "Cell 3", "Nickel foil"])
def test_other_titles_are_no_elements(title: str) -> None:
    assert shown(signal("C", 512, 512), signal(title, 256, 256)) == [title, "C"]


def test_a_spectrum_image_is_drawn_before_a_spectrum_and_after_an_image() -> None:
    found = shown(signal("EDS", 4096), signal("SI", 64, 64, 4096), signal("HAADF", 64, 64))
    assert found == ["HAADF", "SI", "EDS"]


def test_axes_and_settings_beside_something_larger_are_never_drawn() -> None:
    assert shown(signal("rocks", 15, 1, 40, 40), signal("stages", 5), signal("xaxis", 30)) == ["rocks"]
    assert shown(signal("stages", 5)) == ["stages"]


def test_equals_stay_in_the_files_order() -> None:
    assert shown(signal("b", 64, 64), signal("a", 64, 64)) == ["b", "a"]


def test_a_line_of_spectra_is_drawn_after_an_image_however_many_channels_it_has() -> None:
    axes = Axis("i", 64, 1.0, 0.0, "points", True), Axis("Energy", 2048, 0.01, 0.0, "keV")
    line = Signal("line", "EDS_SEM", (64, 2048), "uint32", axes)
    assert shown(line, signal("Image 1", 16, 20)) == ["Image 1", "line"]
