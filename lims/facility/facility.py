"""The facility as Python sees it. Local and remote have the same methods; only how they ask differs."""

import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from lims.facility.handles import Results, Tree, chosen
from lims.facility.provenance import Provenance
from lims.facility.sql.result import Rows
from lims.facility.views import (
    AttentionItem,
    Choices,
    Content,
    DatasetView,
    History,
    InstrumentNow,
    Location,
    Me,
    Place,
    RecordView,
    SessionView,
    Settled,
    StoreView,
)
from lims.model import (
    CatalogStatus,
    Histogram,
    IndexCheck,
    Instrument,
    Progress,
    Rebuilt,
    Reservation,
    SavedSearchView,
    SearchField,
    SearchKind,
    SearchPage,
    Session,
)

if TYPE_CHECKING:
    from lims.facility.imports.views import ImportReport

T = TypeVar("T")


class Facility(Provenance):
    """Everything the LIMS can be asked, as the person who connected.

    is_here: whether it runs on this machine, so that a path means the same there as here.
    """

    is_here: bool

    @abstractmethod
    def fetch(self, dataset: str, key: str, target: Path) -> None:
        """Copy one file of a dataset to `target`, whole or not at all."""

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # the facility

    def me(self) -> Me:
        return self.call("me", Me)

    def place(self) -> Place:
        return self.call("place", Place)

    def stores(self) -> list[StoreView]:
        return self.call("stores", list[StoreView])

    def attention(self) -> list[AttentionItem]:
        return self.call("attention", list[AttentionItem])

    def settle(self, thing: str, decision: str = "accept", **more: str | None) -> Settled:
        """more: kind, session, user, note."""
        return self.call("settle", Settled, thing=thing, decision=decision, **more)

    def unsettle(self, thing: str, kind: str | None = None) -> Settled:
        return self.call("unsettle", Settled, thing=thing, kind=kind)

    def settled(self) -> list[Settled]:
        return self.call("settled", list[Settled])

    def clocks(self) -> Any:
        """How far the instruments' clocks are off: a list of ClockCheck as JSON-able data."""
        return self.ask("clocks", {})

    def catalog_status(self) -> CatalogStatus:
        """The shape that the catalog is in. For staff."""
        return self.call("catalog_status", CatalogStatus)

    def catalog_progress(self) -> list[Progress]:
        """How far what takes long is."""
        return self.call("catalog_progress", list[Progress])

    def verify_index(self) -> IndexCheck:
        """What of the index differs from the datasets. For staff."""
        return self.call("verify_index", IndexCheck)

    def rebuild_index(self) -> Rebuilt:
        """Make the index anew; who writes waits until it is done. For staff."""
        return self.call("rebuild_index", Rebuilt)

    # the logbook

    def instruments(self) -> list[Instrument]:
        return self.call("instruments", list[Instrument])

    def instrument_now(self, instrument: str) -> InstrumentNow:
        return self.call("instrument_now", InstrumentNow, instrument=instrument)

    def choices(self) -> Choices:
        return self.call("choices", Choices)

    def reservations(
        self, instrument: str | None = None, after: datetime | None = None, before: datetime | None = None
    ) -> list[Reservation]:
        return self.call("reservations", list[Reservation], instrument=instrument, after=after, before=before)

    def sessions(
        self,
        instrument: str | None = None,
        user: str | None = None,
        state: str | None = None,
        limit: int = 50,
        near: datetime | None = None,
    ) -> list[Session]:
        what = {"instrument": instrument, "user": user, "state": state, "limit": limit, "near": near}
        return self.call("sessions", list[Session], **what)

    def session(self, session: str) -> SessionView:
        return self.call("session", SessionView, session=session)

    def start_session(self, instrument: str, **about: Any) -> Session:
        """about: user, people, project, sample, title, notes, at, end, reservation, end_other, request_key."""
        return self.call("start_session", Session, instrument=instrument, **about)

    def note_session(
        self, session: str, text: str, at: datetime | None = None, request_key: str | None = None
    ) -> Session:
        return self.call("note_session", Session, session=session, text=text, at=at, request_key=request_key)

    def edit_note(self, session: str, event: str, text: str) -> Session:
        return self.call("edit_note", Session, session=session, event=event, text=text)

    def pause_session(self, session: str, request_key: str | None = None) -> Session:
        return self.call("pause_session", Session, session=session, request_key=request_key)

    def resume_session(self, session: str, request_key: str | None = None) -> Session:
        return self.call("resume_session", Session, session=session, request_key=request_key)

    def end_session(
        self, session: str, at: datetime | Literal["last-file"] | None = None, request_key: str | None = None
    ) -> Session:
        return self.call("end_session", Session, session=session, at=at, request_key=request_key)

    def edit_session(self, session: str, changes: dict[str, Any], request_key: str | None = None) -> Session:
        return self.call("edit_session", Session, session=session, changes=changes, request_key=request_key)

    def cancel_session(self, session: str, reason: str = "", request_key: str | None = None) -> Session:
        return self.call("cancel_session", Session, session=session, reason=reason, request_key=request_key)

    def reopen_session(self, session: str, request_key: str | None = None) -> Session:
        return self.call("reopen_session", Session, session=session, request_key=request_key)

    def history(self, thing: str) -> History:
        return self.call("history", History, thing=thing)

    # finding

    def search(
        self,
        query: str = "",
        *,
        kind: SearchKind | None = None,
        sort: str = "newest",
        filters: Mapping[str, Sequence[str]] | None = None,
        as_of: int | datetime | None = None,
    ) -> Results:
        """Records and datasets that match. Nothing is asked before something of the answer is needed.

        filters: field -> chosen values. as_of: a snapshot's number, or a time.
        """
        return Results(self, query, {"kind": kind, "sort": sort, "filters": filters, "as_of": as_of})

    def search_page(
        self,
        query: str = "",
        *,
        facets: Sequence[str] = (),
        filters: Mapping[str, Sequence[str]] | None = None,
        **options: Any,
    ) -> SearchPage:
        """One page of a search.

        filters: field -> chosen values. options: kind, limit, offset, sort, as_of, cursor, highlights, days.
        """
        asked = {"query": query, "facets": ",".join(facets), "filters": chosen(filters)}
        return self.call("search", SearchPage, **asked, **options)

    def search_table(
        self,
        query: str = "",
        *,
        columns: Sequence[str] = (),
        filters: Mapping[str, Sequence[str]] | None = None,
        **options: Any,
    ) -> Rows:
        """All results of a search. columns: any fields. options: kind, sort, as_of, limit (more are an error)."""
        asked = {"query": query, "columns": json.dumps(list(columns)), "filters": chosen(filters)}
        return Rows(self.call("search_table", Content, **asked, **options).data or b"")

    def histogram(self, query: str = "", field: str = "date", bins: int = 20, **options: Any) -> Histogram:
        """How the numbers of a search's results are spread. options: kind, filters, as_of."""
        asked = {**options, "filters": chosen(options.get("filters"))}
        return self.call("histogram", Histogram, query=query, field=field, bins=bins, **asked)

    def fields(self, like: str = "", limit: int = 100) -> list[SearchField]:
        """What can be asked for by name: the nearest to `like` first."""
        return self.call("fields", list[SearchField], like=like, limit=limit)

    def sql(self, statement: str, as_of: int | datetime | None = None, limit: int = 1_000_000) -> Rows:
        """The rows of one SELECT over the views of docs/reference/sql, of what one may see. limit: more is an error."""
        return Rows(self.call("sql", Content, statement=statement, as_of=as_of, limit=limit).data or b"")

    def record(self, record: str, as_of: int | datetime | None = None) -> RecordView:
        return self.call("record", RecordView, record=record, as_of=as_of)

    def add_tag(self, thing: str, tag: str) -> list[str]:
        return self.call("add_tag", list[str], thing=thing, tag=tag)

    def remove_tag(self, thing: str, tag: str) -> list[str]:
        return self.call("remove_tag", list[str], thing=thing, tag=tag)

    # saved searches

    def searches(self) -> list[SavedSearchView]:
        return self.call("searches", list[SavedSearchView])

    def save_search(self, name: str, query: str = "", **about: Any) -> SavedSearchView:
        """Replaces the one of that name. about: kind, filters, sort, request_key."""
        return self.call("save_search", SavedSearchView, name=name, query=query, **about)

    def rename_search(self, search: str, name: str, request_key: str | None = None) -> SavedSearchView:
        return self.call("rename_search", SavedSearchView, search=search, name=name, request_key=request_key)

    def remove_search(self, search: str, request_key: str | None = None) -> SavedSearchView:
        return self.call("remove_search", SavedSearchView, search=search, request_key=request_key)

    def set_alert(self, search: str, **how: Any) -> SavedSearchView:
        """how: page, mail, webhook, request_key; without the first three the alert is off."""
        return self.call("set_alert", SavedSearchView, search=search, **how)

    def alerts(self) -> list[SavedSearchView]:
        """The saved searches for which there is something new."""
        return self.call("alerts", list[SavedSearchView])

    def mark_seen(
        self, search: str, until: datetime | None = None, request_key: str | None = None
    ) -> SavedSearchView:
        return self.call("mark_seen", SavedSearchView, search=search, until=until, request_key=request_key)

    # one dataset

    def dataset(self, dataset: str) -> DatasetView:
        """Its `metadata` takes dotted paths: dataset(id).metadata["Acquisition.Voltage"]."""
        view = self.call("dataset", DatasetView, dataset=dataset)
        return replace(view, metadata=Tree(view.metadata))

    def correct_value(self, dataset: str, field: str, value: str, note: str = "") -> DatasetView:
        """value: as a person writes it ("200 kV"). What the file says stays beside it."""
        return self.call("correct_value", DatasetView, dataset=dataset, field=field, value=value, note=note)

    def withdraw_correction(self, dataset: str, field: str) -> DatasetView:
        return self.call("withdraw_correction", DatasetView, dataset=dataset, field=field)

    def location(self, dataset: str) -> Location:
        return self.call("location", Location, dataset=dataset)

    def locate(self, path: str) -> Location:
        """The dataset that the file at a mounted path belongs to."""
        return self.call("locate", Location, path=path)

    def preview(self, dataset: str) -> Content:
        return self.call("preview", Content, dataset=dataset)

    def open(self, dataset: str, **options: Any) -> Any:
        """The dataset as HyperSpy signal(s); options: signal, lazy."""
        from lims.facility.opening import open_dataset  # HyperSpy is only needed here

        return open_dataset(self, dataset, **options)

    # the harvest

    def harvest(self, **what: Any) -> Any:
        """what: session, path, all, workers, ticket. Answers with a HarvestReport as JSON-able data."""
        return self.ask("harvest", what)

    def compare_extractors(self, **what: Any) -> Any:
        """what: query, all, workers, adopt. Answers with a Comparison as JSON-able data."""
        return self.ask("compare_extractors", what)

    def cancel_harvest(self, ticket: str | None = None) -> int:
        """How many harvests end now. ticket: of the one that is meant; None for all, which only staff may end."""
        return self.call("cancel_harvest", dict[str, int], ticket=ticket)["cancelled"]

    def harvest_status(self) -> dict[str, Any]:
        return self.call("harvest_status", dict[str, Any])

    # old projects

    def import_project(
        self, source: str | Path, project: str, *, instrument: str | None = None, user: str | None = None,
        title: str = "", dry_run: bool = False,
    ) -> "ImportReport":
        """Bring in a folder, a zip or a tar of this machine. Asked again, it goes on where it stopped.

        instrument: of all its files, by default guessed of each. user: whose they are, by default the asker's.
        dry_run: only say what would happen.
        """
        from lims.facility.imports.importing import import_project  # rules of the harvest: only for who imports

        return import_project(self, Path(source), project, instrument, user, title, dry_run=dry_run)
