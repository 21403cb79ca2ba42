"""One widget per component. Traits are in step with what the person sees and does, both ways."""

from typing import Any

import traitlets

from lims.jupyter.widgets.selection import selection
from lims.jupyter.widgets.widget import LimsWidget


class SessionForm(LimsWidget):
    """Log a session: start, note, end. instrument: its id, to begin with."""

    instrument = traitlets.Unicode("").tag(sync=True)


class RecordBrowser(LimsWidget):
    """Search and look at records and datasets.

    >>> browser = RecordBrowser(query="voltage:>=200kV haadf")
    >>> browser.selected[0].open()
    """

    query = traitlets.Unicode("").tag(sync=True)
    selected = selection()
    record = traitlets.Unicode("").tag(sync=True)


class RecordView(LimsWidget):
    """One record: who, when, why; its activities and datasets. record: its id."""

    record = traitlets.Unicode("").tag(sync=True)
    selected = selection()

    def __init__(self, record: str = "", **traits: Any) -> None:
        super().__init__(record=record, **traits)


class Gallery(LimsWidget):
    """The previews of some datasets, given by id."""

    datasets = selection()
    selected = selection()

    def __init__(self, datasets: Any = (), **traits: Any) -> None:
        super().__init__(datasets=tuple(datasets), **traits)


class Lineage(LimsWidget):
    """Where a thing came from and what became of it. of: the id of a dataset, record or run."""

    of = traitlets.Unicode("").tag(sync=True)
    selected = selection()

    def __init__(self, of: str = "", **traits: Any) -> None:
        super().__init__(of=of, **traits)


class FacilityOverview(LimsWidget):
    """The facility in numbers, and what a person has to settle."""
