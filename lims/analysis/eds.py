"""EDS quantification: counts in the lines of a spectrum, and the composition that they make by Cliff and Lorimer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from dask.base import compute

from lims.analysis.fourier import Array
from lims.analysis.lines import RESOLUTION_EV, Line, Windows, atomic_weights, occupied, windows_of
from lims.analysis.spectra import Spectrum
from lims.errors import Invalid

PLACES = ("TEM", "SEM")


@dataclass(frozen=True)
class Counts:
    """Of each line, all (line, ...): everything in its window, the background in it, and the variance of the rest."""

    gross: Array
    background: Array
    variance: Array

    @property
    def net(self) -> Array:
        return np.asarray(self.gross - self.background)


@dataclass(frozen=True)
class Composition:
    """Fractions from 0 to 1, (line, ...), of weight and of atoms, with the standard deviations that counting gives."""

    weight: Array
    weight_sigma: Array
    atomic: Array
    atomic_sigma: Array


def beam_energy_of(signal: Any, given_kv: float = 0.0) -> float:
    """In kV: the given one, or where it is 0 the file's. Raises Invalid where neither says it."""
    said = [signal.metadata.get_item(f"Acquisition_instrument.{place}.beam_energy") for place in PLACES]
    found = given_kv or next((float(one) for one in said if one), 0.0)
    if not found > 0:
        raise Invalid("The file does not say the beam energy.", hint="Say it: -p beam_energy '200 kV'")
    return float(found)


def resolution_of(signal: Any) -> float:
    """Width of Mn Ka that the file gives its detector, eV."""
    place = "Acquisition_instrument.{}.Detector.EDS.energy_resolution_MnKa"
    said = [signal.metadata.get_item(place.format(one)) for one in PLACES]
    return next((float(one) for one in said if one and 10.0 <= float(one) <= 1000.0), RESOLUTION_EV)


def elements_of(signal: Any, given: Sequence[str] = ()) -> list[str]:
    """The given ones, or those that the file names."""
    return [str(one) for one in given or signal.metadata.get_item("Sample.elements") or []]


def find_windows(
    spectrum: Spectrum, elements: Sequence[str], lines: Sequence[Line], resolution_ev: float, with_background: bool
) -> list[Windows]:
    """For each line its channels, and background where no line of any of the elements is. Raises Invalid.

    elements: all whose lines are in the spectrum, also of the grid, the film or the holder.
    """
    taken = occupied(elements, resolution_ev)
    return [windows_of(line, spectrum.energies, taken, with_background) for line in lines]


def count_lines(counts: Any, lines: Sequence[Line], windows: Sequence[Windows], energies_kev: Array) -> Counts:
    """Add up the channels of each line, and take the background as a straight line between its windows.

    counts: (..., energy), each Poisson distributed; numpy or dask. Returns three of (line, ...).
    With one background window the background is level; with none it is zero.
    """
    slices = [one for window in windows for one in (window.line, *window.background)]
    sums = iter(window_sums(counts, slices))
    gross, background, variance = [], [], []
    for line, window in zip(lines, windows, strict=True):
        inside = next(sums)
        # The mean of each window, weighed by how near it lies, times the channels of the line.
        shares = background_shares(line, window, energies_kev)
        beside = [next(sums) for _ in shares]
        gross.append(inside)
        background.append(sum((share * one for share, one in zip(shares, beside, strict=True)), np.zeros_like(inside)))
        variance.append(sum((share**2 * one for share, one in zip(shares, beside, strict=True)), inside))
    return Counts(np.array(gross), np.array(background), np.array(variance))


def window_sums(counts: Any, slices: Sequence[slice]) -> list[Array]:
    """Of each slice of channels (...,) the sum. A dask array is read once for all."""
    sums = [counts[..., one].sum(axis=-1, dtype=np.float64) for one in slices]
    return [np.asarray(one) for one in compute(*sums)]


def background_shares(line: Line, window: Windows, energies_kev: Array) -> list[float]:
    """What a count in each background window is worth in the background under the line."""
    width = window.line.stop - window.line.start
    sizes = [one.stop - one.start for one in window.background]
    if len(sizes) < 2:
        return [width / size for size in sizes]
    left, right = (float(energies_kev[one].mean()) for one in window.background)
    middle = float(energies_kev[window.line].mean())
    near = (right - middle) / (right - left), (middle - left) / (right - left)
    return [share * width / size for share, size in zip(near, sizes, strict=True)]


def cliff_lorimer(counts: Counts, k_factors: Sequence[float], elements: Sequence[str]) -> Composition:
    """Composition of a thin specimen from the net counts of one line of each element.

    counts: of (line, ...); a net count below zero is taken as zero. k_factors: (line,), each against the same element,
    so that the weight fraction is proportional to k * net. Where no line has counts the composition is NaN.
    Raises Invalid unless there is one positive k-factor for each element.
    Source: G. Cliff & G. W. Lorimer, J. Microsc. 103 (1975) 203.
    """
    check_k_factors(k_factors, elements)
    k = np.asarray(k_factors, dtype=np.float64)
    weight, weight_sigma = fractions(counts, k)
    atomic, atomic_sigma = fractions(counts, k / atomic_weights(elements))
    return Composition(weight, weight_sigma, atomic, atomic_sigma)


def fractions(counts: Counts, factors: Array) -> tuple[Array, Array]:
    """factor * net of each line over their sum, and its standard deviation; both (line, ...).

    From d c_i / d n_j = f_j (delta_ij - c_i) / sum, with the lines counted independently.
    """
    shape = (len(factors), *[1] * (counts.net.ndim - 1))
    factor = factors.reshape(shape)
    parts = factor * np.maximum(counts.net, 0.0)
    total = parts.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total > 0, parts / total, np.nan)
        spread = factor**2 * counts.variance / total**2
        # Of the sum over j, the term j = i has (1 - c_i) in place of c_i.
        variance = share**2 * spread.sum(axis=0) + (1 - 2 * share) * spread
    return share, np.sqrt(np.where(total > 0, np.maximum(variance, 0.0), np.nan))


def check_k_factors(k_factors: Sequence[float], elements: Sequence[str]) -> None:
    if len(k_factors) != len(elements):
        given = f"{len(k_factors)} of them were" if k_factors else "none was"
        raise Invalid(
            f"Cliff and Lorimer need a k-factor for each of {', '.join(elements)}; {given} given.",
            hint="Take them from the microscope's maker or a standard, in that order: -p k_factors '1.0, 1.4'; or only "
            "count with -p method counts.",
        )
    if not all(0 < one < float("inf") for one in k_factors):
        raise Invalid(f"A k-factor is above zero; given were {', '.join(f'{one:g}' for one in k_factors)}.")


def map_counts(spectrum: Spectrum, lines: Sequence[Line], windows: Sequence[Windows], bin_px: int = 1) -> Counts:
    """The counts of each line at each place of a line or map, (line, y, x); bin_px (× bin_px) places together."""
    return binned(count_lines(spectrum.counts, lines, windows, spectrum.energies), bin_px)


def maps_of(counts: Counts, elements: Sequence[str], made: Composition | None) -> dict[str, Array]:
    """Of each element its atomic percent at each place, or its net counts where there is no composition."""
    values = counts.net if made is None else 100 * made.atomic
    return dict(zip(elements, values, strict=True))


def binned(counts: Counts, bin_px: int) -> Counts:
    """The counts of bin_px (× bin_px) places of a line or map together; what is left over at the far edges is cut."""
    return Counts(*(bin_places(one, bin_px) for one in (counts.gross, counts.background, counts.variance)))


def bin_places(values: Array, bin_px: int) -> Array:
    """values: (line, x) or (line, y, x). Raises Invalid for bins that are wider than the map."""
    for axis in range(1, values.ndim):
        size = values.shape[axis] // bin_px
        if size == 0:
            raise Invalid(f"{bin_px} pixels together are more than the map has ({values.shape[axis]}).")
        kept = np.take(values, np.arange(size * bin_px), axis=axis)
        values = kept.reshape(*kept.shape[:axis], size, bin_px, *kept.shape[axis + 1 :]).sum(axis=axis + 1)
    return values

