"""What is known better than the file: by the facility, of an instrument; by a person, of one dataset.

A person's word goes before the facility's, and that before the file's; what they replace stays among the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase

from lims.extractors.normalise.quantities import tidy
from lims.model import Correction, Dataset, Instrument, OtherValue, Value
from lims.model.vocabulary import FIELDS

FACILITY = "facility.toml"


def known_better(row: Dataset, old: Mapping[str, Value], instrument: Instrument | None) -> Dataset:
    """The dataset as its file was just read, with the corrections of its instrument and those that people made.

    old: its values until now. instrument: None where nobody knows whose file it is.
    """
    said = dict(row.normalised)
    for correction in corrections_of(row, instrument):
        said |= corrected_field(said, correction)
    said |= {name: over(said.get(name), value) for name, value in of_people(old).items()}
    return replace(row, normalised={name: said[name] for name in FIELDS if name in said})


def of_people(said: Mapping[str, Value]) -> dict[str, Value]:
    """What people corrected, which no reading and no failure takes away."""
    return {name: value for name, value in said.items() if value.origin == "person"}


def corrections_of(row: Dataset, instrument: Instrument | None) -> list[Correction]:
    """Those of its instrument that held when it was acquired."""
    at = row.acquired or row.modified
    return [one for one in instrument.corrections if is_valid(one, at)] if instrument else []


def is_valid(correction: Correction, at: datetime) -> bool:
    begin, end = correction.valid_from, correction.valid_to
    return (begin is None or at >= begin) and (end is None or at < end)


def corrected_field(said: Mapping[str, Value], correction: Correction) -> dict[str, Value]:
    """{its field: the value}, nothing where there is nothing to correct."""
    corrected = correct(said.get(correction.field), correction)
    return {} if corrected is None else {correction.field: corrected}


def correct(found: Value | None, correction: Correction) -> Value | None:
    """None where there is nothing to correct: only a value can be given to a file that says nothing."""
    if found is None:
        is_said = correction.value is not None and correction.source == "*"
        return facility_value(correction.value, correction) if is_said else None
    if not fnmatchcase(place_in_file(found), correction.source):
        return None
    if not correction.is_trusted:
        return distrusted(found, correction)
    value = correction.value
    if value is None:
        value = tidy(found.value, correction.factor) + correction.offset
    return over(found, facility_value(value, correction))


def place_in_file(found: Value) -> str:
    """Where the file says it, also below another correction; "" where the file says nothing."""
    said = found.others[0] if found.origin == "facility" and found.others else found
    return "" if said.source == FACILITY else said.source


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


def corrected_by_person(
    row: Dataset, field: str, value: Value | None, by: str, note: str, instrument: Instrument | None = None
) -> Dataset:
    """The dataset with a person's value of a field, or without it: then the facility and the file speak again.

    value: None withdraws. Its source and origin are made here. instrument: whose corrections hold for the file.
    """
    found = row.normalised.get(field)
    said = {name: one for name, one in row.normalised.items() if name != field}
    if value is not None:
        said[field] = over(below_people(found), replace(value, source=by, origin="person", note=note))
    else:
        said |= said_without_people(row, field, found, instrument)
    return replace(row, normalised={name: said[name] for name in FIELDS if name in said})


def below_people(found: Value | None) -> Value | None:
    """What stands below a person's value, as far as it is kept there; the value itself where no person made it."""
    return found if found is None or found.origin != "person" else first_of(found.others)


def said_without_people(
    row: Dataset, field: str, found: Value | None, instrument: Instrument | None
) -> dict[str, Value]:
    """{field: what the facility makes of the file's own value}, as when the file was read; nothing for no value."""
    below = below_people(found)
    places = () if below is None else others_of(below)
    own = first_of([one for one in places if one.source != FACILITY])
    said = {} if own is None else {field: own}
    for correction in corrections_of(row, instrument):
        if correction.field == field:
            said |= corrected_field(said, correction)
    return said


def first_of(places: Sequence[OtherValue]) -> Value | None:
    """The first place speaks, the rest stands beside it."""
    if not places:
        return None
    first, *rest = places
    return Value(first.value, first.unit, first.source, first.text, others=tuple(rest))
