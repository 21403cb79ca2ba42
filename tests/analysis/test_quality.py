"""Expected numbers come from how the images are made: known noise, known waves."""

import numpy as np
import pytest

from lims.analysis.quality import clipped_share, finest_detail, noise_sigma, quality_of, signal_to_noise
from lims.errors import Invalid

SHAPE = (256, 320)


def noise(sigma: float, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=sigma, size=SHAPE)


def wave(spacing_px: float) -> np.ndarray:
    return np.cos(2 * np.pi * np.mgrid[: SHAPE[0], : SHAPE[1]][1] / spacing_px)


@pytest.mark.parametrize("sigma", [0.5, 20.0])
def test_the_noise_of_a_smooth_image_is_what_was_put_in(sigma):
    # 82,000 pixels: the estimate itself scatters by about 0.5 %.
    assert noise_sigma(1000 + 50 * wave(60) + noise(sigma)) == pytest.approx(sigma, rel=0.02)


def test_signal_to_noise_is_the_ratio_of_deviations():
    image = 10 * wave(64) + noise(2.0)
    # A wave of amplitude a has the standard deviation a / sqrt 2.
    assert signal_to_noise(image, 2.0) == pytest.approx(10 / 2**0.5 / 2.0, rel=0.02)
    assert signal_to_noise(image, 0.0) == float("inf")


@pytest.mark.parametrize("spacing_px", [4.0, 8.0, 20.0])
def test_the_finest_detail_is_the_shortest_wave_in_the_image(spacing_px):
    image = 2 * wave(40) + wave(spacing_px) + noise(1.0)
    ring_px = min(SHAPE) / spacing_px
    expected_nm = 0.1 * min(SHAPE) / np.array([ring_px + 3, ring_px - 3])
    assert expected_nm[0] <= finest_detail(image, (0.1, 0.1)) <= expected_nm[1]


def test_pure_noise_has_no_detail():
    # Of 127 rings in ten images, one passes 4.5 standard errors with a chance of a few in a thousand.
    assert {finest_detail(noise(1.0, seed), (1.0, 1.0)) for seed in range(10)} == {float("inf")}


def test_saturated_pixels_are_counted_and_a_single_brightest_one_is_not():
    image = np.arange(256 * 4, dtype=np.float64).reshape(32, 32)
    assert clipped_share(image) == 0.0
    assert clipped_share(np.minimum(image, 511.0)) == pytest.approx(513 / 1024)


def test_what_is_no_image_has_no_quality():
    with pytest.raises(Invalid, match="constant"):
        quality_of(np.ones(SHAPE))
