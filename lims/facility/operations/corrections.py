"""What a person knows better than a file: kept through every later reading, with what the file said beside it."""

from difflib import get_close_matches

from lims.access import check_may_correct, check_may_move
from lims.catalog import Transaction
from lims.catalog.search import BadQuery
from lims.catalog.search.fields import VOCABULARY, canonical
from lims.catalog.search.quantities import number_in
from lims.errors import Invalid, NotFound
from lims.extractors.normalise.times import from_iso
from lims.facility.assemble import dataset_view
from lims.facility.desk import Desk
from lims.facility.operations.registry import operation
from lims.facility.views import DatasetView
from lims.model import Principal, Value
from lims.model.vocabulary import FIELDS

MEASURED = ("shape", "dtype", "signal_type")
"""What the bytes are, and nobody's opinion."""
TIMES = ("start_time", "end_time")
DATE_ALONE = len("2026-11-25")


@operation
def correct_value(
    desk: Desk, principal: Principal, dataset: str, field: str, value: str, note: str = ""
) -> DatasetView:
    """Set a field of the normalised vocabulary ("200 kV", "k.brandt"); what the file says stays beside it."""
    name = known_field(field)
    if not value.strip():
        raise Invalid(f"{name}: a correction needs a value.", hint="To take a correction back, withdraw it.")
    return changed(desk, principal, dataset, name, value_of(name, value.strip()), note.strip())


@operation
def withdraw_correction(desk: Desk, principal: Principal, dataset: str, field: str) -> DatasetView:
    """Take a person's correction back: what the facility or the file says counts again."""
    return changed(desk, principal, dataset, known_field(field), None, "")


def known_field(field: str) -> str:
    name = canonical(field)
    can = [one for one in FIELDS if one not in MEASURED]
    if name not in can:
        near = get_close_matches(name, can, 5, 0.4) or can
        raise Invalid(f"{field!r} is no field that a person can correct.", hint=f"There are: {', '.join(near)}.")
    return name


def value_of(field: str, text: str) -> Value:
    """Raises Invalid for a number that is none, or whose unit does not fit, and for a time that cannot be read."""
    unit = VOCABULARY[field]
    if field in TIMES:
        moment = from_iso(text) if len(text) > DATE_ALONE else None
        if moment is None:
            hint = "Write it like 2026-11-25 14:30, or with its offset from UTC: 2026-11-25T14:30+01:00."
            raise Invalid(f"{field}: {text!r} is no date with a time of day.", hint=hint)
        return Value(moment, text=text)
    if unit is None:
        listed = [part.strip() for part in text.split(",") if part.strip()]
        return Value(listed if field == "elements" else text, text=text)
    try:
        return Value(number_in(text, unit, field=field, at=0), FIELDS[field], text=text)
    except BadQuery as error:
        raise Invalid(f"{error.what}.", hint=error.hint) from error


def changed(
    desk: Desk, principal: Principal, dataset: str, field: str, value: Value | None, note: str
) -> DatasetView:
    """Kept, placed, and the records that it was in and is in built anew, as setups may be others: all in one change.

    Raises Forbidden where another time would take it out of what this person may change.
    """

    def put(change: Transaction) -> None:
        one = change.view.dataset(dataset)
        session = change.view.session(one.session) if one.session else None
        check_may_correct(principal, one, session)
        found = one.normalised.get(field)
        if value is None and (found is None or found.origin != "person"):
            raise NotFound(f"Nobody has corrected the {field} of {one.name}.")
        better = desk.harvester.placing.corrected(change, one, field, value, principal.name, note)
        if better.session != one.session:
            check_may_move(principal, one, change.unrestricted.session(better.session) if better.session else None)
        change.put(better, action="dataset.correct" if value else "dataset.withdraw_correction")
        desk.harvester.placing.rebuild(change, {home for home in (one.session, better.session) if home})

    desk.catalog.write(put, by=principal)
    return dataset_view(desk.catalog.view(principal), dataset, with_metadata=False)
