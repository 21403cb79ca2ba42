"""Whose instrument's a file is, by what it says of itself. A wrong guess costs more than none."""

import re
from collections.abc import Mapping, Sequence

from lims.model import Instrument, Value

WITNESSES = ("instrument_name", "instrument_model")
ORDINARY = frozenset({
    "tem", "sem", "stem", "fib", "dual", "beam", "dualbeam", "microscope", "electron", "transmission", "scanning",
    "system", "the", "fei", "jeol", "zeiss", "hitachi", "tescan", "thermo", "fisher", "thermofisher", "scientific",
    "philips", "company", "gmbh", "inc", "ltd",
})  # fmt: skip
"""Words that many instruments share, and so name none."""


def instrument_of(normalised: Mapping[str, Value], instruments: Sequence[Instrument]) -> Instrument | None:
    """The one instrument that the file names; None where it names none, another one, or might mean several."""
    said = [str(normalised[name].value) for name in WITNESSES if name in normalised and normalised[name].is_trusted]
    found = {one.id: one for text in said for one in meant_by(text, instruments)}
    return next(iter(found.values())) if len(found) == 1 else None


def meant_by(text: str, instruments: Sequence[Instrument]) -> list[Instrument]:
    """Those that are called so; where none is, those that may be meant."""
    called = [one for one in instruments if is_called(one, text)]
    return called or [one for one in instruments if is_meant(one, text)]


def is_called(instrument: Instrument, text: str) -> bool:
    """Its very name or id, whatever stands between the words."""
    plain = squeezed(text)
    return bool(plain) and plain in (squeezed(instrument.name), squeezed(instrument.id))


def is_meant(instrument: Instrument, text: str) -> bool:
    """All that is particular in its name, or its id, is said, and nothing particular besides: no other model number."""
    said, name, id_ = particular(text), particular(instrument.name), particular(instrument.id)
    return bool(said) and said <= name | id_ and any(words and words <= said for words in (name, id_))


def particular(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", text.casefold())) - ORDINARY


def squeezed(text: str) -> str:
    return "".join(re.findall(r"[^\W_]+", text.casefold()))
