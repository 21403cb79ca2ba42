"""Figures that the notebooks show and save."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from lims.analysis.fourier import Array, Spot, frequencies, log_power
from lims.analysis.images import Image
from lims.analysis.tables import letter

SPOT_COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")
"""Okabe and Ito's palette: told apart with any colour vision."""


def fourier_figure(
    image: Image, spectrum: Array, spots: Sequence[Spot], inverses: Sequence[Array], names: Sequence[str] = ()
) -> Any:
    """The image, its spectrum with the spots named, and below the image that each spot makes.

    names: the Miller indices of the spots, "" or fewer where they have none.
    """
    padded = [*names, *[""] * (len(spots) - len(names))]
    labels = [" ".join(filter(None, (letter(number), name))) for number, name in enumerate(padded)]
    columns = max(2, len(inverses))
    figure = plt.figure(figsize=(3.0 * columns, 9.0 if inverses else 5.0), layout="constrained")
    rows = figure.subfigures(2 if inverses else 1, 1, height_ratios=[1.6, 1.0] if inverses else [1.0], squeeze=False)
    left, right = rows[0, 0].subplots(1, 2)
    draw_image(left, image, image.data, image.title)
    draw_spectrum(right, image, spectrum, spots, labels)
    if inverses:
        panels = rows[1, 0].subplots(1, columns, squeeze=False)[0]
        for number, panel in enumerate(panels):
            if number >= len(inverses):
                panel.axis("off")
                continue
            title = f"{labels[number]}: {spots[number].spacing:.3g} {image.unit}"
            draw_image(panel, image, inverses[number], title, colour=SPOT_COLOURS[number % len(SPOT_COLOURS)])
    return figure


def draw_image(panel: Any, image: Image, data: Array, title: str, colour: str = "black") -> None:
    low, high = np.percentile(data, (0.5, 99.5))
    height, width = data.shape[0] * image.scale[0], data.shape[1] * image.scale[1]
    panel.imshow(data, cmap="gray", vmin=low, vmax=high, extent=(0.0, width, height, 0.0))
    panel.set_title(title, fontsize="medium")
    panel.set_xlabel(image.unit)
    for edge in panel.spines.values():
        edge.set(color=colour, linewidth=2.0 if colour != "black" else 0.8)


def draw_spectrum(panel: Any, image: Image, spectrum: Array, spots: Sequence[Spot], labels: Sequence[str]) -> None:
    """The log power, zoomed to where the spots are; each spot circled and named, its partner circled."""
    y, x = (frequencies(size, scale) for size, scale in zip(spectrum.shape, image.scale, strict=True))
    reach = 1.6 * max((1.0 / spot.spacing for spot in spots), default=float("inf"))
    shown = log_power(spectrum[np.abs(y) <= reach][:, np.abs(x) <= reach])
    y, x = y[np.abs(y) <= reach], x[np.abs(x) <= reach]
    half_y, half_x = (y[1] - y[0]) / 2, (x[1] - x[0]) / 2
    extent = (x[0] - half_x, x[-1] + half_x, y[-1] + half_y, y[0] - half_y)
    panel.imshow(shown, cmap="gray", vmin=np.median(shown), vmax=shown.max(), extent=extent, interpolation="nearest")
    for number, spot in enumerate(spots):
        mark_spot(panel, spot, labels[number], SPOT_COLOURS[number % len(SPOT_COLOURS)])
    panel.set_title("FFT, log power", fontsize="medium")
    panel.set_xlabel(f"1/{image.unit}")


def mark_spot(panel: Any, spot: Spot, name: str, colour: str) -> None:
    for sign in (1.0, -1.0):
        at = sign * spot.frequency_x, sign * spot.frequency_y
        panel.plot(*at, "o", markersize=18, markerfacecolor="none", markeredgecolor=colour, markeredgewidth=2.0)
    outline = [withStroke(linewidth=2.5, foreground="black")]
    at = spot.frequency_x, spot.frequency_y
    panel.annotate(
        name, at, (11, -17), textcoords="offset points", color="white", fontweight="bold", path_effects=outline
    )


def section_figure(whole: Any, section: Any, x: int, y: int) -> Any:
    """A frame of the whole image with the section's outline, and the section beside it; axes in pixels."""
    figure = plt.figure(figsize=(9.0, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    for panel, signal, title in ((left, whole, "whole"), (right, section, "section")):
        shown = first_frame(signal)
        low, high = np.percentile(shown, (0.5, 99.5))
        panel.imshow(shown, cmap="gray", vmin=low, vmax=high)
        panel.set_title(title, fontsize="medium")
        panel.set_xlabel("px")
    height, width = first_frame(section).shape
    left.add_patch(Rectangle((x - 0.5, y - 0.5), width, height, fill=False, edgecolor=SPOT_COLOURS[0], linewidth=2.0))
    return figure


def first_frame(signal: Any) -> Array:
    """(y, x): the image itself, or the first of several."""
    data = signal.data[(0,) * (signal.data.ndim - 2)]
    return np.asarray(data.compute() if hasattr(data, "compute") else data)
