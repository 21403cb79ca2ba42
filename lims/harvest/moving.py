"""Placing the files of an instrument anew, when the facility has changed what it says of the instrument."""

from collections.abc import Sequence
from dataclasses import replace

from lims.catalog import Transaction
from lims.harvest.attaching import Attacher
from lims.harvest.building import READ
from lims.harvest.copies import with_copies
from lims.harvest.scope import Ground
from lims.model import Instrument

DECIDES = ("timezone", "sources", "belonging", "overlapping", "grace_s", "rhythm")
"""What of an instrument decides where its files belong, and what its activities are."""
FINISHED = ("complete", "attention")


def is_placed_otherwise(before: Instrument, after: Instrument) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in DECIDES)


def place_anew(change: Transaction, grounds: Sequence[Ground], instrument: str) -> None:
    """Attach all its files as they would be today; its finished records are built anew by the next pass."""
    view = change.unrestricted
    found = [one for one in view.datasets(instrument=instrument) if one.kind == "raw" and one.status in READ]
    change.put_all(with_copies(view, Attacher(view, grounds).attached_all(found)), action="dataset.attach")
    sessions = {one.id for one in view.sessions(instrument=instrument, limit=None)}
    records = [one for one in view.records(states=FINISHED) if one.session in sessions]
    change.put_all([replace(one, state="building") for one in records], action="record.state")
