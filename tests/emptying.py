"""A catalog that several tests share, emptied after each: opening one takes longer than most tests."""

from lims.catalog import Catalog, Transaction
from lims.model import SYSTEM


def empty(catalog: Catalog) -> None:
    """Remove everything but the instruments. The history stays, and with it the answers to request keys."""
    catalog.write(remove_all, by=SYSTEM)


def remove_all(change: Transaction) -> None:
    view = change.unrestricted
    sessions, datasets = view.sessions(limit=None), view.datasets()
    events = [event for session in sessions for event in view.events(session.id)]
    activities = [activity for session in sessions for activity in view.activities(session.id)]
    steps = [step for dataset in datasets for step in view.steps(dataset.id)]
    named = (*view.people(), *view.projects(), *view.samples(), *view.reservations())
    for thing in (*view.records(), *events, *activities, *steps, *datasets, *sessions, *named):
        change.remove(thing, action="test.empty")
