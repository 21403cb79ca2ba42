import hyperspy.api as hs
import numpy as np
import pytest

from lims.analysis.fourier import fft
from lims.analysis.images import crop, image_of, image_signal, spectrum_signal
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


@pytest.mark.parametrize("box", [(-1, 0, 4, 4), (0, 0, 0, 4), (40, 0, 9, 4), (0, 30, 4, 3)])
def test_a_section_beyond_the_image_is_refused(box):
    with pytest.raises(Invalid, match="48 × 32"):
        crop(signal(), *box)
