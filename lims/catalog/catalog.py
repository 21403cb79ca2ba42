"""The catalog: opening it, writing through the committer, viewing it as somebody."""

import weakref
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import duckdb

from lims.catalog.changes import Feed
from lims.catalog.committer import Committer
from lims.catalog.condition import replaced, sizes, snapshots, state_of
from lims.catalog.graph import Graph
from lims.catalog.hot import HotTables
from lims.catalog.lake import DataFiles, open_lake
from lims.catalog.migrations import migrate
from lims.catalog.reader import ThreadReader
from lims.catalog.relations import NOW, relations_at, snapshot_at
from lims.catalog.requests import Answer, answer_of
from lims.catalog.search.indexes import Indexes
from lims.catalog.transaction import Transaction
from lims.catalog.verifying import verify
from lims.catalog.verifying_arrays import compare_arrays
from lims.catalog.view import View
from lims.errors import Unavailable
from lims.model import CatalogStatus, IndexCheck, Principal, Progress, Rebuilt

T = TypeVar("T")
REMEMBERED_SNAPSHOTS = 32


class Catalog:
    """All that the facility knows of its files. One process opens it (the facility's lock sees to that)."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, folder: Path, version: int, keep_days: int | None
    ) -> None:
        self.folder = folder
        self._version = version
        self._connection = connection
        hot = HotTables(connection.cursor())
        self._reader = ThreadReader(connection, lambda: hot.shown)
        feed = Feed(hot.shown)
        self._committer = Committer(connection.cursor(), DataFiles(folder / "data"), hot, feed, keep_days)
        self._indexes = Indexes(self._reader, feed)
        self._graph = Graph(self._reader, feed)
        self._verifying: Progress | None = None
        self._past: dict[int, Mapping[str, str]] = {}
        # A thread that still waits inside DuckDB when the interpreter goes would abort the process.
        self._at_exit = weakref.finalize(self, _close, self._committer, self._reader, connection)

    @classmethod
    def open(cls, folder: Path, *, extensions: Path, keep_days: int | None = None) -> "Catalog":
        """Open the catalog in `folder`, making or migrating it.

        extensions: where DuckDB's extensions are kept, inside the facility. keep_days: how long states of the past can
        be asked; None for ever.
        Raises Invalid on a network disk, Unavailable where it was written by a newer version or is damaged.
        """
        connection = open_lake(folder, extensions=extensions)
        try:
            version = migrate(connection, folder)
        except BaseException:
            connection.close()
            raise
        return cls(connection, folder, version, keep_days)

    def close(self) -> None:
        """Commit what was submitted, then let go. A catalog that nobody closes is closed at the end of the process."""
        self._at_exit()

    def __enter__(self) -> "Catalog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, change: Callable[[Transaction], T], *, by: Principal, request_key: str | None = None) -> T:
        """Run `change` in the one committer thread and commit it; returns when it is on the disk.

        What `change` raises is raised here, and nothing of it is kept. It must not wait for another write().
        request_key: a repeated request by the same principal gets the first answer, also concurrently and after a
        restart. The answer must then be made of JSON, datetimes, tuples and model dataclasses. Raises Conflict where
        the key was used for something else (`RequestKey.about`).
        """
        answer: T = self._committer.submit(change, by, request_key)
        return answer

    def answered(self, by: Principal, request_key: str | None) -> Answer:
        """Whether that request was answered before, and how; for what must be done before `write` begins."""
        return answer_of(self._reader, NOW["request"], by.name, request_key)

    def view(self, principal: Principal, as_of: int | datetime | None = None) -> View:
        """What `principal` sees, now or as of a snapshot or a time. Raises Invalid where there is no such state."""
        if as_of is None:
            return View(principal, self._reader, index=lambda: self._indexes.present, graph=self._graph)
        snapshot = snapshot_at(as_of, self._reader)
        if snapshot not in self._past:
            if len(self._past) >= REMEMBERED_SNAPSHOTS:
                self._past.clear()
            self._past[snapshot] = relations_at(snapshot, self._reader)
        relations = self._past[snapshot]
        index = partial(self._indexes.at, snapshot, relations)
        return View(principal, self._reader, relations, snapshot=snapshot, index=index)

    def at_one_moment(self) -> AbstractContextManager[None]:
        """All views of this thread show one commit meanwhile, however often they are asked."""
        return self._reader.at_one_moment()

    def snapshot(self) -> int:
        """The number of the latest committed state."""
        return self._reader.snapshot

    def maintain(self) -> None:
        """Make many small commits into few files, all of it, now. Happens by itself when it is due.

        Changes go between its steps and wait for one of them at most; readers wait for none.
        """
        self._committer.maintain()

    def rebuild_index(self) -> Rebuilt:
        """Make what is searched anew from the datasets and their documents. Changes wait meanwhile, readers do not."""
        return self._committer.rebuild()

    def verify_index(self) -> IndexCheck:
        """Compare what is searched, in tables and in arrays, with all datasets and documents. Changes nothing."""

        def tell(done: int, total: int) -> None:
            self._verifying = Progress("verify", done, total)

        connection = self._connection.cursor()
        try:
            return verify(connection, compare_arrays(self._indexes.present, self._reader), tell)
        except duckdb.ConnectionException as error:
            raise Unavailable("The catalog is closed.", hint="Start the service again.") from error
        finally:
            self._verifying = None
            connection.close()

    def status(self) -> dict[str, object]:
        committer = self._committer
        return {
            "schema": self._version,
            "snapshot": self.snapshot(),
            "commits": committer.commits,
            "waiting": committer.waiting,
        }

    def condition(self) -> CatalogStatus:
        """The shape that it is in, for people; looks at each word and leaf."""
        committer = self._committer
        return CatalogStatus(
            self._version, self.snapshot(), *snapshots(self._reader), committer.upkeep.keep_days, committer.commits,
            committer.waiting, state_of(committer.upkeep), self._indexes.present.bytes, sizes(self._reader),
            replaced(self._reader), self.progress,
        )  # fmt: skip

    @property
    def progress(self) -> Progress | None:
        """Of what takes long, while it runs."""
        return self._committer.progress or self._verifying


def _close(committer: Committer, reader: ThreadReader, connection: duckdb.DuckDBPyConnection) -> None:
    committer.close()
    reader.close()
    connection.close()
