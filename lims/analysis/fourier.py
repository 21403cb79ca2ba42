"""Fourier transforms of images: the spectrum, its spots, and the image that selected spots make."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lims.errors import Invalid

Array = NDArray[Any]
WindowName = Literal["hann", "hamming", "none"]
WINDOWS: dict[str, Callable[[int], Array]] = {"hann": np.hanning, "hamming": np.hamming, "none": np.ones}
RING_PX = 2.0
"""Width of the rings over which the background of a spectrum is taken."""


@dataclass(frozen=True)
class Spot:
    """A peak of a spectrum and, unspoken, its partner at the negative frequency.

    row, column: its place in the centred spectrum, pixels, to a fraction of one.
    frequency_y, frequency_x: cycles per unit of the image's scale; spacing: 1 / frequency, in that unit.
    angle_deg: of the vector, from +x towards +y (down the image), in [-90, 90).
    prominence: power over the median power at the same distance from the centre.
    """

    row: float
    column: float
    frequency_y: float
    frequency_x: float
    spacing: float
    angle_deg: float
    prominence: float


def window_2d(shape: tuple[int, int], window: WindowName = "hann") -> Array:
    """The product of a window along y and one along x, between 0 and 1. Raises Invalid for an unknown name."""
    if window not in WINDOWS:
        raise Invalid(f"There is no window {window!r}.", hint=f"Choose one of: {', '.join(WINDOWS)}.")
    along = WINDOWS[window]
    return np.outer(along(shape[0]), along(shape[1]))


def fft(image: Array, window: WindowName = "hann") -> Array:
    """Transform an image to its centred spectrum.

    image: (y, x), real. Its mean is taken off before the window, so that the centre does not outshine the rest.
    window: suppresses the cross that the image's edges would draw through the spectrum.
    Returns (y, x), complex128; the zero frequency is at [y // 2, x // 2].
    Raises Invalid unless the image is two-dimensional, at least 8 x 8, finite, real and not constant.
    """
    check_image(image)
    values = np.asarray(image, dtype=np.float64)
    centred = (values - values.mean()) * window_2d((image.shape[0], image.shape[1]), window)
    return np.fft.fftshift(np.fft.fft2(centred))


def log_power(spectrum: Array) -> Array:
    """log10(1 + |F|^2), for showing. Same shape as the spectrum, float64."""
    return np.asarray(np.log10(1.0 + np.abs(spectrum) ** 2))


def frequencies(size: int, scale: float) -> Array:
    """The frequency of each row (or column) of a centred spectrum, cycles per unit of `scale`.

    scale: size of one image pixel, > 0.
    Returns (size,), ascending, zero at [size // 2]; the step is 1 / (size * scale).
    """
    return np.fft.fftshift(np.fft.fftfreq(size, scale))


def find_spots(
    spectrum: Array,
    scale: tuple[float, float] = (1.0, 1.0),
    *,
    count: int = 6,
    inner_px: float = 4.0,
    min_prominence: float | None = None,
) -> list[Spot]:
    """Find the peaks of a spectrum, the most powerful first, one of each +/- pair.

    spectrum: (y, x), complex, centred, of a real image.
    scale: (y, x), size of one image pixel, > 0.
    inner_px: peaks nearer to the centre than this are the image's own shading and are left out.
    min_prominence: power over the median of its ring; by default what noise alone passes once in a thousand images.
    Returns at most `count` spots in the half plane below (or, on the middle row, right of) the centre: there the
    frequency along y is not negative. Fewer, or none, when there are no more.
    """
    power = np.abs(spectrum) ** 2
    radius = radius_px(power.shape)
    prominence = power / ring_median(power, radius)
    limit = noise_limit(power.size) if min_prominence is None else min_prominence
    peaks = is_peak(power) & (radius >= inner_px) & (prominence >= limit) & in_lower_half(power.shape)
    found = np.argwhere(peaks)
    strongest = found[np.argsort(-power[peaks], kind="stable")][:count]
    return [measure_spot(power, prominence, (int(row), int(column)), scale) for row, column in strongest]


def inverse_fft(spectrum: Array, spots: Sequence[Spot], *, mask_px: float = 6.0) -> Array:
    """The real image that the chosen spots (with their partners) make.

    mask_px: radius of the round opening around each spot, pixels; its outer half falls off as a cosine, since a hard
    edge rings in the image. Returns (y, x), float64. The window of the transform stays in it: it is dim at the edges.
    Raises Invalid without spots.
    """
    if not spots:
        raise Invalid("An inverse FFT needs at least one spot.", hint="Lower min_prominence, or choose other spots.")
    opened = spectrum * spot_mask(cast(tuple[int, int], spectrum.shape), spots, mask_px)
    return cast(Array, np.fft.ifft2(np.fft.ifftshift(opened)).real)


def spot_mask(shape: tuple[int, int], spots: Sequence[Spot], mask_px: float) -> Array:
    """1 at each spot and its partner, falling to 0 at mask_px; the larger value where openings overlap. (y, x)."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    mask = np.zeros(shape)
    for spot in spots:
        for row, column in ((spot.row, spot.column), partner(spot, shape)):
            distance = np.hypot(rows - row, columns - column) / mask_px
            mask = np.maximum(mask, 0.5 + 0.5 * np.cos(np.pi * np.clip(2.0 * distance - 1.0, 0.0, 1.0)))
    return mask


def partner(spot: Spot, shape: tuple[int, int]) -> tuple[float, float]:
    """Row and column of the spot at the negative frequency."""
    return 2 * (shape[0] // 2) - spot.row, 2 * (shape[1] // 2) - spot.column


def check_image(image: Array) -> None:
    """Raises Invalid with what is wrong with the image, if anything is."""
    if image.ndim != 2 or min(image.shape) < 8:
        raise Invalid(f"An FFT needs an image of at least 8 x 8 pixels; this has the shape {image.shape}.")
    if image.dtype.kind not in "buif":
        raise Invalid(f"An FFT needs an image of real numbers; this holds {image.dtype}.")
    if not np.isfinite(image).all():
        raise Invalid("The image holds values that are not numbers (NaN or infinite).", hint="Crop or fill them first.")
    if image.min() == image.max():
        raise Invalid(f"The image is constant ({image.flat[0]} everywhere): there is nothing to transform.")


def radius_px(shape: tuple[int, ...]) -> Array:
    """Distance of each pixel of a centred spectrum from the zero frequency, pixels."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return cast(Array, np.hypot(rows - shape[0] // 2, columns - shape[1] // 2))


def ring_median(power: Array, radius: Array) -> Array:
    """For each pixel the median power at its distance from the centre: the background that spots stand out of."""
    ring = (radius / RING_PX).astype(np.intp)
    medians = np.asarray(ndimage.median(power, ring, index=np.arange(ring.max() + 1)))
    return cast(Array, np.maximum(medians, np.finfo(np.float64).tiny)[ring])


def noise_limit(pixels: int, chance: float = 0.001) -> float:
    """The prominence that the highest peak of pure noise passes with the given chance.

    Source: the power of noise is exponentially distributed, its median is ln 2 times its mean; half the pixels count.
    """
    return float(np.log(pixels / 2 / chance) / np.log(2.0))


def is_peak(power: Array, reach_px: int = 3) -> Array:
    """Where a pixel is the largest within reach_px of it (a square), bool."""
    return cast(Array, power == ndimage.maximum_filter(power, size=2 * reach_px + 1, mode="wrap"))


def in_lower_half(shape: tuple[int, ...]) -> Array:
    """One of each +/- pair: frequency along y above zero, or zero and along x above zero. bool."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return cast(Array, (rows > shape[0] // 2) | ((rows == shape[0] // 2) & (columns > shape[1] // 2)))


def measure_spot(power: Array, prominence: Array, at: tuple[int, int], scale: tuple[float, float]) -> Spot:
    """The spot whose highest pixel is `at`, placed between the pixels by a parabola through the log power."""
    row, column = at[0] + vertex(power[:, at[1]], at[0]), at[1] + vertex(power[at[0], :], at[1])
    frequency_y = (row - power.shape[0] // 2) / (power.shape[0] * scale[0])
    frequency_x = (column - power.shape[1] // 2) / (power.shape[1] * scale[1])
    angle = float(np.degrees(np.arctan2(frequency_y, frequency_x)))
    return Spot(
        row=row,
        column=column,
        frequency_y=frequency_y,
        frequency_x=frequency_x,
        spacing=float(1.0 / np.hypot(frequency_y, frequency_x)),
        angle_deg=angle - 180.0 if angle >= 90.0 else angle,
        prominence=float(prominence[at]),
    )


def vertex(line: Array, at: int) -> float:
    """How far (-0.5 .. 0.5 pixels) beside `at` the peak of the line lies, by its neighbours; 0 at the line's ends."""
    if not 0 < at < len(line) - 1 or min(line[at - 1 : at + 2]) <= 0:
        return 0.0
    before, here, after = np.log(line[at - 1 : at + 2])
    curvature = before - 2.0 * here + after
    return float(np.clip(0.5 * (before - after) / curvature, -0.5, 0.5)) if curvature < 0 else 0.0
