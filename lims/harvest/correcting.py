"""What is known better than the file: by the facility, of an instrument; by a person, of one dataset.

A person's word goes before the facility's, and that before the file's; what they replace stays among the others.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase

from lims.extractors.normalise.quantities import tidy
from lims.model import Correction, Dataset, Instrument, OtherValue, Value
from lims.model.datasets import Origin
from lims.model.vocabulary import FIELDS

FACILITY = "facility.toml"


def known_better(row: Dataset, old: Mapping[str, Value], instrument: Instrument | None) -> Dataset:
    """The dataset as its file was just read, with the corrections of its instrument and those that people made.

    old: its values until now. instrument: None where nobody knows whose file it is.
    """
    at = row.acquired or row.modified
    corrections = [one for one in instrument.corrections if is_valid(one, at)] if instrument else []
    said = dict(row.normalised)
    for correction in corrections:
        corrected = correct(said.get(correction.field), correction)
        if corrected is not None:
            said[correction.field] = corrected
    said |= {name: over(said.get(name), value) for name, value in of_people(old).items()}
    return replace(row, normalised={name: said[name] for name in FIELDS if name in said})


def of_people(said: Mapping[str, Value]) -> dict[str, Value]:
    """What people corrected, which no reading and no failure takes away."""
    return {name: value for name, value in said.items() if value.origin == "person"}


def is_valid(correction: Correction, at: datetime) -> bool:
    begin, end = correction.valid_from, correction.valid_to
    return (begin is None or at >= begin) and (end is None or at < end)


def correct(found: Value | None, correction: Correction) -> Value | None:
    """None where there is nothing to correct: only a value can be given to a file that says nothing."""
    if found is None:
        is_said = correction.value is not None and correction.source == "*"
        return facility_value(correction.value, correction) if is_said else None
    if not fnmatchcase(found.source, correction.source):
        return None
    if not correction.is_trusted:
        return distrusted(found, correction)
    value = correction.value
    if value is None:
        value = tidy(found.value, correction.factor) + correction.offset
    return over(found, facility_value(value, correction))


def facility_value(value: object, correction: Correction) -> Value:
    return Value(value, FIELDS[correction.field], FACILITY, "", "facility", note=correction.note)


def distrusted(found: Value, correction: Correction) -> Value:
    """Another place of the file, where there is one, speaks instead of the one that is not to be trusted."""
    note = f"not to be trusted: {correction.note}"
    better = next((one for one in found.others if not fnmatchcase(one.source, correction.source)), None)
    if better is None or correction.source == "*":
        return replace(found, is_trusted=False, note=note)
    rest = tuple(one for one in found.others if one != better)
    words = f"instead of {found.source}, which is {note}"
    return Value(better.value, better.unit, better.source, better.text, note=words, others=(found.plain, *rest))


def over(found: Value | None, better: Value) -> Value:
    """A better value, before what was found (whatever that stood before)."""
    return replace(better, others=() if found is None else others_of(found))


def others_of(found: Value) -> tuple[OtherValue, ...]:
    return (found.plain, *found.others)


def corrected_by_person(row: Dataset, field: str, value: Value | None, by: str, note: str) -> Dataset:
    """The dataset with a person's value of a field, or without it: then what was there before is back.

    value: None withdraws. Its source and origin are made here.
    """
    before = file_side(row.normalised.get(field))
    said = {name: one for name, one in row.normalised.items() if name != field}
    if value is not None:
        said[field] = over(before, replace(value, source=by, origin="person", note=note))
    elif before is not None:
        said[field] = before
    return replace(row, normalised={name: said[name] for name in FIELDS if name in said})


def file_side(found: Value | None) -> Value | None:
    """What stands below a person's value; the value itself where no person made it."""
    if found is None or found.origin != "person":
        return found
    if not found.others:
        return None
    first, *rest = found.others
    origin: Origin = "facility" if first.source == FACILITY else "file"
    return Value(first.value, first.unit, first.source, first.text, origin, others=tuple(rest))

