"""Results as tables that a notebook shows or keeps."""

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from math import isfinite

import numpy as np

from lims.analysis.eds import Composition, Counts
from lims.analysis.eels import Background
from lims.analysis.fourier import Spot
from lims.analysis.lines import Line
from lims.analysis.quality import Quality


def letter(number: int) -> str:
    """A, B, C … for the spots, in the order of their power; after Z with a number."""
    return chr(ord("A") + number % 26) + (str(number // 26 + 1) if number >= 26 else "")


def markdown(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table, numbers with four significant digits."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines)


def csv_text(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Comma-separated values, numbers with nine significant digits: the same numbers are the same text."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows([f"{one:.9g}" if isinstance(one, float) else one for one in row] for row in rows)
    return written.getvalue()


def cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"
    return str(value).replace("|", "\\|")


def spot_table(spots: Sequence[Spot], unit: str, names: Sequence[str] = ()) -> str:
    """One row a spot: its letter, its vector's name, the spacing and direction of its fringes, its place."""
    headings = ("spot", "vector", f"spacing ({unit})", "angle (°)", f"x (1/{unit})", f"y (1/{unit})", "prominence")
    rows = [
        (letter(number), name, spot.spacing, spot.angle_deg, spot.frequency_x, spot.frequency_y, spot.prominence)
        for number, (spot, name) in enumerate(zip(spots, chain(names, repeat("")), strict=False))
    ]
    return markdown(headings, rows)


def composition_rows(
    lines: Sequence[Line], counts: Counts, k_factors: Sequence[float], made: Composition | None
) -> tuple[list[str], list[list[object]]]:
    """Headings and one row a line: what was counted and, where it was quantified, the composition in percent."""
    headings = ["element", "line", "energy (keV)", "counts", "background", "net", "net sigma"]
    rows: list[list[object]] = [
        [line.element, line.name, line.energy_kev, *map(float, numbers)]
        for line, *numbers in zip(
            lines, counts.gross, counts.background, counts.net, np.sqrt(counts.variance), strict=True
        )
    ]
    if made is None:
        return headings, rows
    headings += ["k-factor", "wt%", "wt% sigma", "at%", "at% sigma"]
    percent = [100 * one for one in (made.weight, made.weight_sigma, made.atomic, made.atomic_sigma)]
    composed = zip(rows, k_factors, *percent, strict=True)
    return headings, [[*row, *map(float, numbers)] for row, *numbers in composed]


def background_rows(background: Background) -> tuple[list[str], list[list[object]]]:
    """Headings and the one row of the fit of one spectrum."""
    unit = "" if background.model == "power law" else " (1/eV)"
    fitted = [f"exponent{unit}", f"exponent sigma{unit}", "amplitude", "dispersion"]
    headings = ["model", "start (eV)", "end (eV)", *fitted]
    numbers = background.exponent, background.slope_sigma, background.amplitude, background.dispersion
    return headings, [[background.model, *background.window_ev, *map(float, numbers)]]


def quality_table(quality: Quality, unit: str) -> str:
    rows = [
        ("noise", f"{quality.noise:.4g} counts"),
        ("signal over noise", f"{quality.snr:.3g}"),
        ("finest detail", f"{quality.finest:.3g} {unit}" if isfinite(quality.finest) else "none above the noise"),
        ("clipped", f"{100 * quality.clipped:.3g} %"),
    ]
    return markdown(("measure", "value"), rows)
