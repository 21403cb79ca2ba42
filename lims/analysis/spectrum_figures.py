"""Figures of spectra that the notebooks show and save."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from lims.analysis.eds import Composition
from lims.analysis.eels import Background
from lims.analysis.figures import SPOT_COLOURS
from lims.analysis.fourier import Array
from lims.analysis.lines import Line, Windows
from lims.analysis.spectra import Spectrum

DENSE = "0.25"
"""The grey of the spectrum itself."""


def lines_figure(
    spectrum: Spectrum, counts: Array, lines: Sequence[Line], windows: Sequence[Windows], made: Composition | None
) -> Any:
    """The spectrum with what is counted for each line filled in, its background drawn; the composition beside it."""
    figure = plt.figure(figsize=(11.0, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[4.0, 1.0]) if made else (figure.subplots(), None)
    energies = spectrum.energies
    left.plot(energies, counts, color=DENSE, linewidth=0.8, drawstyle="steps-mid")
    for number, (line, window) in enumerate(zip(lines, windows, strict=True)):
        mark_line(left, energies, counts, line, window, SPOT_COLOURS[number % len(SPOT_COLOURS)])
    reach = max(line.energy_kev + 6 * line.fwhm_kev for line in lines)
    left.set_xlim(max(energies[0], 0.0), min(energies[-1], reach))
    shown = (energies >= max(energies[0], 0.1)) & (energies <= reach)
    left.set_ylim(0, 1.18 * counts[shown].max() or 1.0)
    left.set(xlabel="energy (keV)", ylabel="counts", title=spectrum.title)
    if made is not None:
        draw_composition(right, lines, made)
    return figure


def mark_line(panel: Any, energies: Array, counts: Array, line: Line, window: Windows, colour: str) -> None:
    inside = energies[window.line]
    level = np.zeros_like(inside)
    if window.background:
        centres = np.array([energies[one].mean() for one in window.background])
        heights = np.array([counts[one].mean() for one in window.background])
        # With one window alone it goes on level, as it is counted.
        level = np.interp(inside, centres, heights)
        along = np.union1d(centres, inside)
        panel.plot(along, np.interp(along, centres, heights), color=colour, linewidth=1.2, linestyle="--")
        for one in window.background:
            panel.fill_between(energies[one], counts[one], color=colour, alpha=0.25, linewidth=0, step="mid")
    panel.fill_between(inside, level, counts[window.line], color=colour, alpha=0.7, linewidth=0, step="mid")
    at = line.energy_kev, counts[window.line].max()
    panel.annotate(
        line.name.replace("_", " "), at, (0, 4), textcoords="offset points", ha="center", fontsize=9
    )


def draw_composition(panel: Any, lines: Sequence[Line], made: Composition) -> None:
    """Atomic percent as bars with one standard deviation."""
    colours = [SPOT_COLOURS[number % len(SPOT_COLOURS)] for number in range(len(lines))]
    names, percent = [line.element for line in lines], 100 * made.atomic
    panel.bar(names, percent, yerr=100 * made.atomic_sigma, color=colours, alpha=0.7, capsize=3)
    for place, value in enumerate(percent):
        panel.annotate(f"{value:.1f}", (place, value), (0, 6), textcoords="offset points", ha="center", fontsize=9)
    panel.set_ylim(0, 1.15 * max(np.max(percent + 100 * made.atomic_sigma), 1.0))
    panel.set(title="at. %")


def maps_figure(maps: Mapping[str, Array], unit: str) -> Any:
    """The map, or along a line the profile, of each element, (y, x) or (x,), on a scale of its own."""
    columns = min(4, len(maps))
    rows = -(-len(maps) // columns)
    figure = plt.figure(figsize=(3.0 * columns, 3.0 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, (name, values) in zip(panels, maps.items(), strict=False):
        panel.set_title(f"{name} ({unit})", fontsize="medium")
        if values.ndim == 1:
            panel.plot(values, color=DENSE)
            panel.set_xlabel("px")
        else:
            figure.colorbar(panel.imshow(values, cmap="viridis"), ax=panel, shrink=0.8)
            panel.axis("off")
    for panel in panels[len(maps) :]:
        panel.axis("off")
    return figure


def background_figure(spectrum: Spectrum, counts: Array, background: Background) -> Any:
    """A spectrum with its window and background, and what is left without it.

    counts: (energy,). background: of this one spectrum.
    """
    figure = plt.figure(figsize=(9.0, 4.5), layout="constrained")
    panel = figure.subplots()
    start, end = background.window_ev
    energies = spectrum.energies
    beyond = energies >= start
    fitted = background.at(energies[beyond])
    left = counts[beyond] - fitted
    shown = energies >= start - 0.5 * (end - start)
    panel.axvspan(start, end, color=SPOT_COLOURS[1], alpha=0.2, linewidth=0, label="window")
    panel.plot(energies[shown], counts[shown], color=DENSE, linewidth=1.0, label="spectrum")
    panel.plot(energies[beyond], fitted, color=SPOT_COLOURS[5], linewidth=1.5, label=background.model)
    green = SPOT_COLOURS[2]
    panel.fill_between(energies[beyond], left, color=green, alpha=0.6, linewidth=0, label="without background")
    panel.axhline(0.0, color="black", linewidth=0.6)
    panel.set_xlim(energies[shown][0], energies[-1])
    low, high = min(left.min(), 0.0), counts[shown].max()
    panel.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    panel.set(xlabel="energy loss (eV)", ylabel="counts", title=spectrum.title)
    panel.legend(frameon=False)
    return figure
