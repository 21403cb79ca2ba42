"""Chemical elements by symbol and by number."""

import re
from collections.abc import Iterable
from typing import Any

IN_ORDER = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb "
    "Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au "
    "Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts "
    "Og"
)
SYMBOLS = tuple(IN_ORDER.split())


def of_numbers(numbers: Iterable[Any]) -> list[str]:
    """Symbols of atomic numbers, each once, in their order."""
    known = [SYMBOLS[int(number) - 1] for number in numbers if 0 < int(number) <= len(SYMBOLS)]
    return list(dict.fromkeys(known))


def from_numbers(numbers: Iterable[Any] | str) -> list[str]:
    """Symbols of atomic numbers, which may be texts, also one text with commas. Raises IndexError for no element."""
    parts = numbers.split(",") if isinstance(numbers, str) else numbers
    counted = [int(number) for number in parts]
    if not all(counted):
        raise IndexError("there is no element 0")
    return [SYMBOLS[number - 1] for number in counted]


def of_formula(formula: Any) -> list[str] | None:
    """Symbols in a formula (Fe2O3, "La0.7 Sr0.3 Mn O3"); None for a text that is none, such as a name."""
    found = re.findall(r"([A-Z][a-z]?)[\d.]*", str(formula))
    rest = re.sub(r"[A-Z][a-z]?[\d.]*|[\s()\[\]·*+-]|\)[\d.]*", "", str(formula))
    if not found or rest.strip("0123456789.") or not set(found) <= set(SYMBOLS):
        return None
    return list(dict.fromkeys(found))
