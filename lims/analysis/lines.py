"""X-ray lines of elements: which one to quantify with, how wide it is, where beside it the background is free."""

import importlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from lims.analysis.fourier import Array
from lims.errors import Invalid

MN_KA_EV = 5895.0
RESOLUTION_EV = 130.0
"""Width of the Mn Ka line where the file says nothing: that of a usual silicon drift detector."""
OVERVOLTAGE = 2.0
"""A line is excited well when the beam has this many times its energy."""
FAINTEST = 0.02
"""Lines of a family that are weaker than this, against the strongest, do not stand in the way of a background."""
CLEAR = 0.1
"""From here on a line does harm in another's window."""
GAP_FWHM, BACKGROUND_FWHM, FURTHEST_FWHM = 1.5, 1.0, 8.0
"""A background window begins so far from its line, is so wide, and is looked for so far, in widths of the line."""


@dataclass(frozen=True)
class Line:
    """name: as `Fe_Ka`. fwhm_kev: as the detector shows it."""

    element: str
    name: str
    energy_kev: float
    fwhm_kev: float


@dataclass(frozen=True)
class Windows:
    """Channels to add up for a line, and those of its background: none, on one side, or on both."""

    line: slice
    background: tuple[slice, ...] = ()


@cache
def element_table() -> Any:
    """eXSpy's elements with their lines and atomic weights."""
    with warnings.catch_warnings():
        # eXSpy 0.3 imports names that HyperSpy is about to move: nothing the person who opens a file can do about.
        warnings.filterwarnings("ignore", message="Importing `Lazy")
        return importlib.import_module("exspy.material").elements


def known_elements(elements: Sequence[str]) -> list[str]:
    """Raises Invalid for none, for what is no element, and for one that comes twice."""
    if not elements:
        raise Invalid("The file names no elements.", hint="Say which: -p elements 'Fe, Pt'")
    for one in elements:
        if one not in element_table():
            raise Invalid(f"{one!r} is no element.", hint="Write symbols with commas between: Fe, Pt.")
        if list(elements).count(one) > 1:
            raise Invalid(f"The element {one} is given twice.", hint="Give each once.")
    return list(elements)


def atomic_weights(elements: Sequence[str]) -> Array:
    """(element,), g/mol."""
    return np.array([element_table()[one].General_properties.atomic_weight for one in elements])


def fwhm_kev(energy_kev: float, resolution_ev: float = RESOLUTION_EV) -> float:
    """Width of a line at half its height, where that of Mn Ka is resolution_ev.

    Source: Fiori & Newbury, SEM/1978/I, p. 401.
    """
    variance = 2.5 * (1e3 * energy_kev - MN_KA_EV) + resolution_ev**2
    return float(np.sqrt(max(variance, 1.0))) / 1e3


def lines_of(
    elements: Sequence[str],
    energies_kev: Array,
    beam_energy_kv: float,
    resolution_ev: float = RESOLUTION_EV,
    wanted: Sequence[str] = (),
) -> list[Line]:
    """For each element the line to quantify with: the hardest alpha line on the axis that the beam excites well.

    wanted: lines to take instead, as `Pt_Ma`, of any of the elements. Raises Invalid where there is none.
    """
    chosen = {name.partition("_")[0]: name for name in wanted}
    if stray := [name for element, name in chosen.items() if element not in elements]:
        raise Invalid(f"The line {stray[0]!r} is of none of the elements {', '.join(elements)}.")
    return [line_of(one, chosen.get(one, ""), energies_kev, beam_energy_kv, resolution_ev) for one in elements]


def line_of(element: str, wanted: str, energies_kev: Array, beam_energy_kv: float, resolution_ev: float) -> Line:
    table = families(element)
    names = [wanted.partition("_")[2]] if wanted else [name for name in ("Ka", "La", "Ma") if name in table]
    if wanted and names[0] not in table:
        raise Invalid(f"{element} has no line {wanted!r}.", hint=f"It has: {', '.join(table)}.")
    lines = [Line(element, f"{element}_{name}", table[name], fwhm_kev(table[name], resolution_ev)) for name in names]
    limit = beam_energy_kv / (1.0 if wanted else OVERVOLTAGE)
    low, high = energies_kev[0], energies_kev[-1]
    for line in lines:
        reach = line.energy_kev - line.fwhm_kev, line.energy_kev + line.fwhm_kev
        if low <= reach[0] and reach[1] <= high and line.energy_kev < limit:
            return line
    raise Invalid(
        f"No line of {element} lies on the axis ({low:.3g} to {high:.3g} keV) and below "
        f"{limit:g} keV: {', '.join(f'{line.name} {line.energy_kev:.3g} keV' for line in lines) or 'it has none'}.",
        hint="Leave the element out, or name another of its lines with -p lines.",
    )


def families(element: str) -> dict[str, float]:
    """The lines of an element by name, with their energies in keV; what a table of elements has of it."""
    lines = element_table()[element].Atomic_properties.get_item("Xray_lines") or {}
    return {name: float(lines[name]["energy (keV)"]) for name in lines.keys()}  # noqa: SIM118 - a tree, no dict


def occupied(elements: Sequence[str], resolution_ev: float) -> Array:
    """(line, 2): from where to where, in keV, the lines of these elements reach; the faint ones left out."""
    reach = []
    for element in elements:
        lines = element_table()[element].Atomic_properties.get_item("Xray_lines") or {}
        for name, energy in families(element).items():
            if lines[name]["weight"] >= FAINTEST:
                half = 1.2 * fwhm_kev(energy, resolution_ev)
                reach.append((energy - half, energy + half))
    return np.array(reach).reshape(-1, 2)


def windows_of(line: Line, energies_kev: Array, taken_kev: Array, with_background: bool = True) -> Windows:
    """The channels within one width of the line's centre, and the nearest free ones on each side for the background.

    taken_kev: (line, 2), where other lines are. Raises Invalid where neither side has room.
    """
    channels = between(energies_kev, line.energy_kev - line.fwhm_kev, line.energy_kev + line.fwhm_kev)
    if channels.stop <= channels.start:
        raise Invalid(f"The channels are too wide for the line {line.name}: none has its centre in it.")
    if not with_background:
        return Windows(channels)
    sides = [free_window(line, side, energies_kev, taken_kev) for side in (-1, 1)]
    free = tuple(one for one in sides if one is not None)
    if not free:
        raise Invalid(
            f"There is no background free of lines beside {line.name}.",
            hint="Give fewer elements, or add up the whole lines with -p background no.",
        )
    return Windows(channels, free)


def free_window(line: Line, side: int, energies_kev: Array, taken_kev: Array) -> slice | None:
    """The nearest background window on one side (-1 or 1) that no line reaches into."""
    for distance in np.arange(GAP_FWHM, FURTHEST_FWHM, 0.25):
        near = line.energy_kev + side * distance * line.fwhm_kev
        far = near + side * BACKGROUND_FWHM * line.fwhm_kev
        low, high = min(near, far), max(near, far)
        if low < max(energies_kev[0], 0.0) or high > energies_kev[-1]:
            return None
        channels = between(energies_kev, low, high)
        if channels.stop > channels.start and not ((taken_kev[:, 0] < high) & (taken_kev[:, 1] > low)).any():
            return channels
    return None


def between(energies: Array, low: float, high: float) -> slice:
    """The channels whose centres lie in [low, high)."""
    first, last = np.searchsorted(energies, (low, high))
    return slice(int(first), int(last))


def overlapping(lines: Sequence[Line], elements: Sequence[str], resolution_ev: float) -> list[tuple[str, str]]:
    """Of each line the lines of other elements that reach into its window, by name: they are counted for it too.

    elements: all whose lines are in the spectrum. Lines weaker than `CLEAR` of their family's strongest are left out.
    """
    found = []
    for line in lines:
        for element in [one for one in elements if one != line.element]:
            weights = element_table()[element].Atomic_properties.get_item("Xray_lines") or {}
            for name, energy in families(element).items():
                reach = line.fwhm_kev + fwhm_kev(energy, resolution_ev)
                if weights[name]["weight"] >= CLEAR and abs(energy - line.energy_kev) < reach:
                    found.append((line.name, f"{element}_{name}"))
    return found
