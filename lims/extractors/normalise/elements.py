"""Chemical elements by their numbers."""

import re
from collections.abc import Iterable
from typing import Any

SYMBOLS = re.findall(
    "[A-Z][a-z]?",
    "HHeLiBeBCNOFNeNaMgAlSiPSClArKCaScTiVCrMnFeCoNiCuZnGaGeAsSeBrKrRbSrYZrNbMoTcRuRhPdAgCdInSnSbTeIXe"
    "CsBaLaCePrNdPmSmEuGdTbDyHoErTmYbLuHfTaWReOsIrPtAuHgTlPbBiPoAtRnFrRaAcThPaUNpPuAmCmBkCfEsFmMdNoLr",
)


def from_numbers(numbers: Iterable[Any] | str) -> list[str]:
    """Symbols of atomic numbers, which may be texts, also one text with commas. Raises IndexError for no element."""
    parts = numbers.split(",") if isinstance(numbers, str) else numbers
    counted = [int(number) for number in parts]
    if not all(counted):
        raise IndexError("there is no element 0")
    return [SYMBOLS[number - 1] for number in counted]
