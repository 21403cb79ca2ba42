"""Results as tables that a notebook shows."""

from collections.abc import Iterable, Sequence
from math import isfinite

from lims.analysis.fourier import Spot
from lims.analysis.quality import Quality


def letter(number: int) -> str:
    """A, B, C … for the spots, in the order of their power; after Z with a number."""
    return chr(ord("A") + number % 26) + (str(number // 26 + 1) if number >= 26 else "")


def markdown(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table, numbers with four significant digits."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines)


def cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"
    return str(value).replace("|", "\\|")


def spot_table(spots: Sequence[Spot], unit: str) -> str:
    """One row a spot: its letter, the spacing and direction of its fringes, its place in the spectrum."""
    headings = ("spot", f"spacing ({unit})", "angle (°)", f"x (1/{unit})", f"y (1/{unit})", "prominence")
    rows = [
        (letter(number), spot.spacing, spot.angle_deg, spot.frequency_x, spot.frequency_y, spot.prominence)
        for number, spot in enumerate(spots)
    ]
    return markdown(headings, rows)


def quality_table(quality: Quality, unit: str) -> str:
    rows = [
        ("noise", f"{quality.noise:.4g} counts"),
        ("signal over noise", f"{quality.snr:.3g}"),
        ("finest detail", f"{quality.finest:.3g} {unit}" if isfinite(quality.finest) else "none above the noise"),
        ("clipped", f"{100 * quality.clipped:.3g} %"),
    ]
    return markdown(("measure", "value"), rows)
