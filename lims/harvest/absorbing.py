"""Datasets that are no longer one of their own: their file is part of another, or is another's."""

from collections.abc import Iterable
from dataclasses import replace

from lims.catalog import Transaction, View
from lims.harvest.correcting import of_people
from lims.model import Dataset


def absorb(change: Transaction, swallowed: Iterable[str]) -> None:
    """Datasets whose file has become a companion of another's (the .emi came after its .ser).

    One that means something to people stays, as missing: what names it leads somewhere.
    """
    for one in change.unrestricted.datasets(ids=swallowed) if swallowed else ():
        if is_of_interest(change.unrestricted, one):
            change.put(replace(one, status="missing", session=None, activity=None), action="dataset.absorb")
        else:
            forget(change, one)


def forget(change: Transaction, one: Dataset) -> None:
    for step in change.unrestricted.steps(one.id):
        change.remove(step, action="dataset.absorb")
    change.drop_extraction(one.id)
    change.remove(one, action="dataset.absorb")


def is_of_interest(view: View, one: Dataset) -> bool:
    """Whether people have corrected it, or anything of theirs refers to it: a result, a run, a tag, a collection."""
    if of_people(one.normalised) or view.relations(one.id) or view.runs(limit=1, dataset=one.id) or view.tags(one.id):
        return True
    return any(one.id in collection.members for collection in view.collections())
