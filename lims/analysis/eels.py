"""EELS: the background before an edge, fitted in a window and taken off what lies beyond."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from lims.analysis.fourier import Array
from lims.analysis.spectra import Spectrum
from lims.errors import Invalid

ModelName = Literal["power law", "exponential"]
MODELS: dict[str, Callable[[Array, float], Array]] = {
    "power law": lambda energies, middle: np.log(energies / middle),
    "exponential": lambda energies, middle: energies - middle,
}
"""What the logarithm of the background is a straight line of, counted from the middle of the window."""
ROUNDS = 50
CONVERGED = 1e-10


@dataclass(frozen=True)
class Background:
    """log(counts) = level + slope * x, with x by `MODELS`. All of (...): one for each spectrum.

    middle_ev: where x is zero. slope_sigma: one standard deviation. dispersion: the variance of the counts around the
    fit over what a Poisson distribution would have; 1 for ideal counting. All are NaN for a spectrum without counts in
    the window.
    """

    model: str
    window_ev: tuple[float, float]
    middle_ev: float
    level: Array
    slope: Array
    slope_sigma: Array
    dispersion: Array

    def at(self, energies_ev: Array) -> Array:
        """The background, (..., energy), counts; zero for a spectrum that has none in the window."""
        x = MODELS[self.model](energies_ev, self.middle_ev)
        return np.asarray(np.nan_to_num(np.exp(self.level[..., None] + self.slope[..., None] * x), nan=0.0))

    @property
    def exponent(self) -> Array:
        """r of counts = A E^-r (power law), or 1/eV of counts = A exp(-E / t) (exponential)."""
        return np.asarray(-self.slope)

    @property
    def amplitude(self) -> Array:
        """A of the same formulas: counts at 1 eV (power law) or 0 eV (exponential)."""
        zero = -np.log(self.middle_ev) if self.model == "power law" else -self.middle_ev
        return np.asarray(np.exp(self.level + self.slope * zero))


def fit_background(
    energies_ev: Array, counts: Array, window_ev: tuple[float, float], model: ModelName = "power law"
) -> Background:
    """Fit the background of each spectrum in a window before an edge.

    energies_ev: (energy,), ascending. counts: (..., energy), not negative in the window. window_ev: [start, end).
    The fit is that of largest likelihood for counts (Poisson; with a gain its estimate is the same), so that a few
    empty channels do no harm.
    Raises Invalid for a window that does not lie on the axis or holds fewer than three channels.
    Source: R. F. Egerton, Electron Energy-Loss Spectroscopy in the Electron Microscope, 3rd ed. (2011), section 4.4.
    """
    if model not in MODELS:
        raise Invalid(f"There is no background model {model!r}.", hint=f"Choose one of: {', '.join(MODELS)}.")
    inside = channels_of(energies_ev, window_ev, model)
    middle = float(np.sqrt(energies_ev[inside][0] * energies_ev[inside][-1])) if model == "power law" else 0.0
    middle = middle or float(energies_ev[inside].mean())
    x = MODELS[model](energies_ev[inside], middle)
    wanted = np.asarray(counts[..., inside], dtype=np.float64)
    check_window_counts(wanted, window_ev)
    flat = wanted.reshape(-1, wanted.shape[-1])
    level, slope = falling(*fit_line_of_logarithm(x, flat), flat)
    sigma, dispersion = scatter(x, flat, level, slope)
    of_each = (one.reshape(wanted.shape[:-1]) for one in (level, slope, sigma, dispersion))
    return Background(model, window_ev, middle, *of_each)


def channels_of(energies_ev: Array, window_ev: tuple[float, float], model: str) -> slice:
    start, end = window_ev
    low, high = energies_ev[0], energies_ev[-1]
    if not start < end:
        raise Invalid(f"The window from {start:g} to {end:g} eV is empty: its start has to be below its end.")
    if start < low or end > high:
        raise Invalid(f"The window from {start:g} to {end:g} eV does not lie on the axis, {low:.6g} to {high:.6g} eV.")
    if model == "power law" and start <= 0:
        raise Invalid(f"A power law has no value at {start:g} eV.", hint="Begin the window above 0 eV.")
    first, last = np.searchsorted(energies_ev, window_ev)
    if last - first < 3:
        raise Invalid(
            f"The window from {start:g} to {end:g} eV holds {last - first} channels; a fit needs three.",
            hint="Make it wider.",
        )
    return slice(int(first), int(last))


def check_window_counts(counts: Array, window_ev: tuple[float, float]) -> None:
    where = f"between {window_ev[0]:g} and {window_ev[1]:g} eV"
    if not np.isfinite(counts).all():
        raise Invalid(f"There are values that are not numbers (NaN or infinite) {where}.", hint="Fill them first.")
    if counts.min() < 0:
        raise Invalid(
            f"There are negative counts {where}, down to {counts.min():.4g}.",
            hint="Give the spectrum as it was recorded, before a background was taken off, or choose another window.",
        )
    if not counts.any():
        raise Invalid(f"There are no counts {where}.", hint="Choose another window.")


def fit_line_of_logarithm(x: Array, counts: Array) -> tuple[Array, Array]:
    """level and slope, both (spectrum,), of the most likely exp(level + slope x).

    x: (energy,). counts: (spectrum, energy). By Newton's method on the likelihood, which has only one maximum
    (McCullagh & Nelder, Generalized Linear Models, section 2.5).
    NaN for a spectrum without counts.
    """
    total = counts.sum(axis=-1)
    known = np.where(total > 0, total, np.nan)[:, None]
    width = float(np.abs(x).max())
    scaled = x / width
    level, slope = np.log(known / len(x)), np.zeros_like(known)
    for _ in range(ROUNDS):
        fitted = np.exp(level + slope * scaled)
        mean = (fitted * scaled).sum(axis=-1, keepdims=True) / fitted.sum(axis=-1, keepdims=True)
        spread = (fitted * (scaled - mean) ** 2).sum(axis=-1, keepdims=True)
        step = (counts * (scaled - mean)).sum(axis=-1, keepdims=True) / spread
        step = np.clip(np.nan_to_num(step), -1.0, 1.0)
        slope = slope + step
        # For a given slope the level is what makes the fit hold as many counts as there are.
        level = np.log(known / np.exp(slope * scaled).sum(axis=-1, keepdims=True))
        if np.abs(step).max() < CONVERGED:
            break
    return level[:, 0], np.where(total > 0, slope[:, 0] / width, np.nan)


def falling(level: Array, slope: Array, counts: Array) -> tuple[Array, Array]:
    """A spectrum of a map that rises in its window, which noise can do, has a level background instead.

    Raises Invalid where all of them rise: that is no background.
    """
    rises = slope >= 0
    if not (slope < 0).any():
        raise Invalid("The counts do not fall in the window, so that is no background.", hint="Choose another window.")
    with np.errstate(divide="ignore"):
        return np.where(rises, np.log(counts.mean(axis=-1)), level), np.where(rises, 0.0, slope)


def scatter(x: Array, counts: Array, level: Array, slope: Array) -> tuple[Array, Array]:
    """Standard deviation of the slope, and the dispersion (Pearson's chi square over the degrees of freedom)."""
    fitted = np.exp(level[:, None] + slope[:, None] * x)
    dispersion = ((counts - fitted) ** 2 / fitted).sum(axis=-1) / (len(x) - 2)
    mean = (fitted * x).sum(axis=-1, keepdims=True) / fitted.sum(axis=-1, keepdims=True)
    spread = (fitted * (x - mean) ** 2).sum(axis=-1)
    return np.sqrt(dispersion / spread), dispersion


def without_background(spectrum: Spectrum, background: Background) -> Array:
    """The counts (..., energy) from the window's start on with the background taken off; float32 where that will do.

    Below its window a background says nothing, so nothing is kept there.
    """
    first = first_channel(spectrum, background.window_ev[0])
    counts = np.asarray(spectrum.counts[..., first:])
    kind = np.result_type(counts.dtype, np.float32)
    return np.asarray(counts - background.at(spectrum.energies[first:]), dtype=kind)


def first_channel(spectrum: Spectrum, energy_ev: float) -> int:
    return int(np.searchsorted(spectrum.energies, energy_ev))


def signal_from(signal: Any, spectrum: Spectrum, values: Array, start_ev: float) -> Any:
    """A HyperSpy signal as the given one from an energy on, its metadata with it, but with other values.

    values: (..., energy), of the channels from start_ev on.
    """
    made = signal.isig[first_channel(spectrum, start_ev) :].deepcopy()
    if made._lazy:
        made.compute(show_progressbar=False)
    made.data = np.moveaxis(values, -1, made.axes_manager.signal_axes[0].index_in_array)
    made.metadata.General.title = f"{spectrum.title} without background"
    return made
