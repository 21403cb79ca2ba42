"""How good an image is: its noise, its contrast over the noise, the finest detail in it, what is clipped."""

from dataclasses import asdict, dataclass

import numpy as np
from scipy import ndimage

from lims.analysis.fourier import Array, check_image, fft, radius_px

LAPLACIAN_DIFFERENCE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]])
LIMIT_SIGMA = 4.5
"""A ring of the spectrum holds detail when its mean power is this many standard errors above that of noise."""
HANN_BANDWIDTH = 1.5
"""Pixels over which a Hann window spreads the noise of one, each way. Source: F. J. Harris, Proc. IEEE 66 (1978) 51."""


@dataclass(frozen=True)
class Quality:
    """noise: standard deviation, in the image's own counts. snr: of the whole image, as a ratio of deviations.

    finest: spacing of the finest detail above the noise, in the unit of `scale`; infinite where there is none.
    clipped: share of pixels at the lowest or highest value that its type, or the image, has.
    """

    noise: float
    snr: float
    finest: float
    clipped: float


def quality_of(image: Array, scale: tuple[float, float] = (1.0, 1.0)) -> Quality:
    """image: (y, x), real. scale: (y, x), size of a pixel. Raises Invalid as `fft` does."""
    check_image(image)
    noise = noise_sigma(image)
    return Quality(noise, signal_to_noise(image, noise), finest_detail(image, scale), clipped_share(image))


def document_of(quality: Quality, unit: str) -> dict[str, float | str | None]:
    """As JSON holds it: what is infinite is null."""
    values = {name: value if np.isfinite(value) else None for name, value in asdict(quality).items()}
    return values | {"finest_unit": unit}


def noise_sigma(image: Array) -> float:
    """Standard deviation of white noise in an image whose own structure is smooth over three pixels.

    Fine structure (a lattice near the Nyquist limit) counts as noise: then it is an upper bound.
    Source: J. Immerkær, Fast noise variance estimation, Comput. Vis. Image Underst. 64 (1996) 300.
    """
    rows, columns = image.shape
    response = ndimage.convolve(np.asarray(image, dtype=np.float64), LAPLACIAN_DIFFERENCE)[1:-1, 1:-1]
    return float(np.sqrt(np.pi / 2) * np.abs(response).sum() / (6 * (columns - 2) * (rows - 2)))


def signal_to_noise(image: Array, noise: float) -> float:
    """Standard deviation of the structure over that of the noise; infinite without noise."""
    structure = max(0.0, float(np.var(np.asarray(image, dtype=np.float64))) - noise**2)
    return float(np.sqrt(structure) / noise) if noise > 0 else float("inf")


def finest_detail(image: Array, scale: tuple[float, float]) -> float:
    """The spacing of the outermost ring of the spectrum whose power stands above the noise.

    The noise is taken from the corners of the spectrum, beyond the Nyquist frequency of either axis.
    Returns it along the coarser of the two axes' scales; infinite where nothing stands out.
    """
    power = np.abs(fft(image)) ** 2
    rows, columns = power.shape
    y, x = np.ogrid[:rows, :columns]
    # In units of the sampling frequency, so that rings are round also where the image is not square.
    reach = np.hypot((y - rows // 2) / rows, (x - columns // 2) / columns)
    corner = float(power[reach > 0.5].mean())
    ring = np.minimum(reach * min(rows, columns), radius_px(power.shape).max()).astype(np.intp)
    count = np.bincount(ring.ravel())
    mean = np.bincount(ring.ravel(), weights=power.ravel()) / np.maximum(count, 1)
    # Each (y, x) has its twin at (-y, -x), and the window ties neighbours together; power is exponential.
    independent = np.maximum(count / 2 / HANN_BANDWIDTH**2, 1)
    standard_error = corner / np.sqrt(independent)
    inside = np.arange(len(mean)) < min(rows, columns) // 2
    above = np.flatnonzero((mean > corner + LIMIT_SIGMA * standard_error) & inside & (np.arange(len(mean)) > 0))
    return float(max(scale) * min(rows, columns) / above[-1]) if len(above) else float("inf")


def clipped_share(image: Array) -> float:
    """The share of pixels at the very ends, where many pixels there say that the detector was saturated or cut off."""
    low, high = image.min(), image.max()
    if np.issubdtype(image.dtype, np.integer):
        kind = np.iinfo(image.dtype)
        low, high = (kind.min if low == kind.min else low), (kind.max if high == kind.max else high)
    ends = np.count_nonzero(image == low), np.count_nonzero(image == high)
    return float(sum(count for count in ends if count > 1) / image.size)
