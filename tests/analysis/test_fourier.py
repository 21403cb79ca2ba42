"""Expected numbers come from the formula of a plane lattice: cos(2 pi g.r) has its spot at g."""

from math import cos, hypot, radians, sin

import numpy as np
import pytest
from rsciio.tia import file_reader

from lims.analysis.fourier import fft, find_spots, frequencies, inverse_fft, log_power, partner, spot_mask, window_2d
from lims.errors import Invalid

SHAPE = (256, 320)


def lattice(spacing: float, angle_deg: float, scale: tuple[float, float] = (1.0, 1.0)) -> np.ndarray:
    """A wave of the given spacing whose vector points `angle_deg` from +x towards +y. scale: (y, x) per pixel."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    along = x * scale[1] * cos(radians(angle_deg)) + y * scale[0] * sin(radians(angle_deg))
    return np.cos(2 * np.pi * along / spacing)


def noise(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=SHAPE)


@pytest.mark.parametrize(("spacing_nm", "angle_deg"), [(0.39, 17.0), (0.276, -40.0), (0.2, 88.0), (1.3, 0.0)])
def test_a_lattice_of_known_spacing_gives_its_spot_at_one_over_d_within_a_fifth_of_a_pixel(spacing_nm, angle_deg):
    scale_nm = (0.02, 0.03)
    image = lattice(spacing_nm, angle_deg, scale_nm) + 0.2 * noise()
    (spot,) = find_spots(fft(image), scale_nm, count=1)
    pixel_per_nm = (1 / (SHAPE[0] * scale_nm[0]), 1 / (SHAPE[1] * scale_nm[1]))
    sign = 1 if spot.frequency_x * cos(radians(angle_deg)) + spot.frequency_y * sin(radians(angle_deg)) > 0 else -1
    assert sign * spot.frequency_x == pytest.approx(cos(radians(angle_deg)) / spacing_nm, abs=0.2 * pixel_per_nm[1])
    assert sign * spot.frequency_y == pytest.approx(sin(radians(angle_deg)) / spacing_nm, abs=0.2 * pixel_per_nm[0])
    assert spot.spacing == pytest.approx(1 / hypot(spot.frequency_x, spot.frequency_y))
    assert spot.angle_deg == pytest.approx(angle_deg, abs=1.0)


def test_each_plane_of_a_crossed_lattice_is_found_once_and_the_strongest_comes_first():
    image = 3 * lattice(8.0, 0.0) + 2 * lattice(10.0, 60.0) + lattice(13.0, -60.0) + 0.1 * noise()
    spots = find_spots(fft(image), count=6)
    assert [round(spot.spacing, 1) for spot in spots] == [8.0, 10.0, 13.0]
    assert all(spot.frequency_y >= -1e-3 for spot in spots)


@pytest.mark.parametrize("seed", range(5))
def test_noise_alone_has_no_spots(seed):
    assert find_spots(fft(noise(seed))) == []


def test_what_lies_nearer_to_the_centre_than_asked_is_left_out():
    image = lattice(100.0, 0.0) + lattice(9.0, 30.0)
    assert [round(spot.spacing, 1) for spot in find_spots(fft(image), inner_px=6.0, count=1)] == [9.0]


def test_the_inverse_of_one_spot_is_that_wave_and_not_the_other():
    wanted, other = lattice(8.0, 0.0), lattice(10.0, 60.0)
    spectrum = fft(wanted + other)
    spots = [spot for spot in find_spots(spectrum) if round(spot.spacing) == 8]
    made = inverse_fft(spectrum, spots, mask_px=12.0)
    expected = wanted * window_2d(SHAPE)
    # The opening cuts the far tails of the window's own transform (Hann falls as 1/f^3): under 1 % of the amplitude.
    assert np.abs(made - expected).max() < 0.01


def test_an_opening_over_the_whole_spectrum_gives_the_windowed_image_back():
    image = noise()
    spectrum = fft(image, "none")
    spots = find_spots(spectrum, count=1, min_prominence=0.0, inner_px=0.0)
    assert np.allclose(inverse_fft(spectrum, spots, mask_px=1e6), image - image.mean())


def test_parseval_the_power_of_the_spectrum_is_the_power_of_the_image():
    image = noise()
    spectrum = fft(image, "none")
    assert np.sum(np.abs(spectrum) ** 2) / image.size == pytest.approx(np.sum((image - image.mean()) ** 2))


def test_mask_is_one_at_a_spot_and_at_its_partner_and_zero_beyond_its_radius():
    spectrum = fft(lattice(8.0, 0.0))
    (spot,) = find_spots(spectrum, count=1)
    mask = spot_mask(SHAPE, [spot], 5.0)
    row, column = partner(spot, SHAPE)
    assert mask[round(spot.row), round(spot.column)] == pytest.approx(1.0)
    assert mask[round(row), round(column)] == pytest.approx(1.0)
    assert mask[round(spot.row), round(spot.column) + 6] == 0.0


def test_frequencies_are_centred_and_stop_at_nyquist():
    along = frequencies(8, 0.5)
    assert along[4] == 0.0
    assert along[0] == -1.0
    assert np.allclose(np.diff(along), 1 / (8 * 0.5))


def test_log_power_of_nothing_is_zero():
    assert log_power(np.array([[0j, 3 + 0j]])).tolist() == [[0.0, pytest.approx(1.0)]]


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (np.zeros((16, 16)), "constant"),
        (np.zeros((16, 16, 2)), r"\(16, 16, 2\)"),
        (np.ones((4, 4)), "8 x 8"),
        (np.full((16, 16), np.nan), "not numbers"),
        (np.ones((16, 16), complex), "complex128"),
    ],
)
def test_what_cannot_be_transformed_is_refused_in_a_sentence(image, says):
    with pytest.raises(Invalid, match=says):
        fft(image)


def test_a_real_image_of_a_cubic_crystal_shows_its_100_and_110_planes(sample_data):
    """Strontium titanate along [001]: d(100) / d(110) = sqrt 2 and 45 degrees between them, for any calibration.

    Tolerance 3 %: the scan's drift shears this image (its two <100> spacings differ by 1.3 %).
    """
    image = file_reader(sample_data / "vendor/ser_emi/16_STOimage_1.ser")[0]
    scale_nm = tuple(axis["scale"] for axis in image["axes"])
    first, second, third, fourth = find_spots(fft(image["data"]), scale_nm, count=4)
    for diagonal, straight in ((first, third), (first, fourth), (second, third), (second, fourth)):
        assert straight.spacing / diagonal.spacing == pytest.approx(2**0.5, rel=0.03)
        assert (straight.angle_deg - diagonal.angle_deg) % 90 == pytest.approx(45.0, abs=1.5)


def test_an_unknown_window_names_the_known_ones():
    with pytest.raises(Invalid, match="hann, hamming, none"):
        fft(noise(), "tukey")  # type: ignore[arg-type]


def test_no_spots_no_inverse():
    with pytest.raises(Invalid, match="at least one spot"):
        inverse_fft(fft(noise()), [])
