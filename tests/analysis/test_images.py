import hyperspy.api as hs
import numpy as np
import pytest

from lims.analysis.fourier import fft
from lims.analysis.images import crop, image_of, image_signal, metres, place_of, spectrum_signal, title_of
from lims.errors import Invalid


def signal(shape: tuple[int, ...] = (32, 48), unit: str = "nm") -> hs.signals.Signal2D:
    made = hs.signals.Signal2D(np.random.default_rng(1).random(shape))
    for axis, scale in zip(made.axes_manager.signal_axes, (0.2, 0.5), strict=True):
        axis.scale, axis.units = scale, unit
    made.metadata.General.title = "Eve"
    return made


def test_an_image_has_its_pixel_size_along_y_and_x():
    image = image_of(signal())
    assert (image.data.shape, image.scale, image.unit, image.title) == ((32, 48), (0.5, 0.2), "nm", "Eve")


def test_a_lazy_signal_is_the_same_image():
    assert np.array_equal(image_of(signal().as_lazy()).data, signal().data)


@pytest.mark.parametrize("unit", ["", "<undefined>"])
def test_an_uncalibrated_image_is_measured_in_pixels(unit):
    image = image_of(signal(unit=unit))
    assert (image.scale, image.unit) == ((1.0, 1.0), "px")


@pytest.mark.parametrize("other", [hs.signals.Signal1D(np.ones(9)), signal((3, 32, 48))])
def test_a_spectrum_or_a_stack_is_refused_with_what_to_do(other):
    with pytest.raises(Invalid, match="inav"):
        image_of(other)


def test_a_title_from_a_file_loses_its_ending_and_cannot_leave_the_folder():
    named = signal()
    named.metadata.General.original_filename = "16_STO.image.ser"
    assert image_of(named).title == "16_STO.image"
    named.metadata.General.original_filename = ""
    named.metadata.General.title = "../a/b\n"
    assert image_of(named).title == "_a_b_"


def test_a_spectrum_has_its_frequencies_on_its_axes_with_zero_in_the_middle():
    image = image_of(signal())
    spectrum = spectrum_signal(image, fft(image.data))
    x, y = spectrum.axes_manager.signal_axes
    assert (x.units, y.units) == ("1/nm", "1/nm")
    assert (x.scale, y.scale) == (pytest.approx(1 / (48 * 0.2)), pytest.approx(1 / (32 * 0.5)))
    assert (x.index2value(24), y.index2value(16)) == (pytest.approx(0.0), pytest.approx(0.0))
    assert spectrum.data.dtype == np.complex128


def test_an_image_made_of_another_keeps_its_scale():
    image = image_of(signal())
    made = image_of(image_signal(image, np.zeros((32, 48)), "Eve iFFT A"))
    assert (made.scale, made.unit, made.title) == (pytest.approx((0.5, 0.2)), "nm", "Eve iFFT A")


def test_a_section_is_cut_where_it_was_asked_for_and_knows_its_place():
    section = crop(signal(), 10, 4, 20, 8)
    assert np.array_equal(section.data, signal().data[4:12, 10:30])
    assert section.axes_manager.signal_axes[0].offset == pytest.approx(10 * 0.2)


def test_the_place_of_a_section_is_told_in_pixels_and_metres():
    told = place_of(signal(), 10, 4, 20, 8)
    pixels = {name: told[name]["value"] for name in ("x0", "y0", "width", "height")}
    assert pixels == {"x0": 10, "y0": 4, "width": 20, "height": 8}
    assert {told[name]["unit"] for name in pixels} == {"px"}
    # A pixel is 0.2 nm wide and 0.5 nm high.
    metre = {name: told[f"{name}_m"]["value"] for name in pixels}
    assert metre == pytest.approx({"x0": 2e-9, "y0": 2e-9, "width": 4e-9, "height": 4e-9})
    assert {told[f"{name}_m"]["unit"] for name in pixels} == {"m"}


@pytest.mark.parametrize("unit", ["", "px", "1/nm", "s", "no such unit"])
def test_what_is_no_length_has_a_place_in_pixels_only(unit):
    assert set(place_of(signal(unit=unit), 10, 4, 20, 8)) == {"x0", "y0", "width", "height"}


@pytest.mark.parametrize(("unit", "metre"), [("nm", 1e-9), ("µm", 1e-6), ("um", 1e-6), ("Å", 1e-10), ("mm", 1e-3)])
def test_lengths_are_known_in_metres(unit, metre):
    assert metres(unit) == pytest.approx(metre)


def test_a_result_is_named_after_the_file_it_was_loaded_from(tmp_path):
    made = signal()
    made.metadata.General.original_filename = "Eve.ser"
    made.save(tmp_path / "Eve_crop.hspy")
    assert title_of(hs.load(tmp_path / "Eve_crop.hspy")) == "Eve_crop"


@pytest.mark.parametrize("box", [(-1, 0, 4, 4), (0, 0, 0, 4), (40, 0, 9, 4), (0, 30, 4, 3)])
def test_a_section_beyond_the_image_is_refused(box):
    with pytest.raises(Invalid, match="48 × 32"):
        crop(signal(), *box)
