"""That part of a facility, as Python sees it, which is about runs and where things came from."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from lims.facility.origins import CommonAncestors, LineageView, Maker, RunView
from lims.facility.packing import Packed
from lims.facility.views import DatasetView, Settled
from lims.model import Relation, Replay, Run
from lims.model.provenance import Direction
from lims.model.rows import joined

if TYPE_CHECKING:
    from lims.importing import Readable

T = TypeVar("T")
AT_ONCE = 5_000


class Asking(ABC):
    """How a facility is asked."""

    @abstractmethod
    def ask(self, operation: str, arguments: dict[str, Any]) -> Any:
        """The answer as JSON-able data, or as Content where it is bytes."""

    @abstractmethod
    def call(self, operation: str, kind: type[T], /, **arguments: Any) -> T:
        """The answer as a typed thing of `kind`."""

    @abstractmethod
    def upload_stream(self, stream: "Readable", size: int | None) -> str:
        """Bring bytes, so many where that is known, to where an operation can take them; answers with their token."""

    def upload(self, path: Path) -> str:
        """Bring a file, or a folder as a tar, to where `save_derived` can take it; answers with its token."""
        if path.is_dir():
            return self.upload_stream(Packed(path), None)
        with path.open("rb") as stream:
            return self.upload_stream(stream, path.stat().st_size)


class Provenance(Asking):
    """What can be asked, and told, of runs."""

    def runs(self, limit: int = 50, dataset: str | None = None) -> list[Run]:
        return self.call("runs", list[Run], limit=limit, dataset=dataset)

    def run(self, run: str) -> RunView:
        return self.call("run", RunView, run=run)

    def begin_run(self, notebook: str, **about: Any) -> Run:
        """about: kind, source_sha256, parameters, environment, commit, folder, replaces, tolerances, source,
        request_key.
        """
        return self.call("begin_run", Run, notebook=notebook, **about)

    def record_read(self, run: str, dataset: str) -> Run:
        return self.call("record_read", Run, run=run, dataset=dataset)

    def finish_run(self, run: str, status: Literal["done", "failed"], **about: Any) -> RunView:
        """about: environment, error, files, doubts, source_sha256, request_key."""
        return self.call("finish_run", RunView, run=run, status=status, **about)

    def save_derived(self, path: Path, name: str, *, parents: Sequence[str] = (), **about: Any) -> DatasetView:
        """Take the file at `path`, or the folder that is one object (.zspy), into the derived store.

        about: relation, params, run, part, source, content_hash, request_key.
        """
        asked = {"name": name, "parents": list(parents), "is_tree": path.is_dir(), **about}
        return self.call("save_derived", DatasetView, upload=self.upload(path), **asked)

    def relate(self, output: str, input: str, relation: str, params: dict[str, Any] | None = None) -> Relation:
        return self.call("relate", Relation, output=output, input=input, relation=relation, params=params)

    def import_derived(self, path: Path, *, parents: Sequence[str], relation: str, **about: Any) -> DatasetView:
        """Take a file that was made elsewhere. about: name, params, software, note, content_hash, request_key."""
        name = about.pop("name", path.name)
        asked = {"name": name, "parents": list(parents), "relation": relation, "is_tree": path.is_dir(), **about}
        return self.call("import_derived", DatasetView, upload=self.upload(path), **asked)

    def settle_relation(self, relation: str, decision: Literal["accept", "reject"]) -> Relation:
        return self.call("settle_relation", Relation, relation=relation, decision=decision)

    def mark_bad(self, dataset: str, reason: str) -> Settled:
        """Taken back by `unsettle(dataset)`."""
        return self.call("mark_bad", Settled, dataset=dataset, reason=reason)

    def lineage(
        self, thing: str, direction: Direction = "both", **page: int
    ) -> LineageView:
        """page: limit, offset."""
        return self.call("lineage", LineageView, thing=thing, direction=direction, **page)

    def whole_lineage(self, thing: str, direction: Direction = "both") -> LineageView:
        """All pages of it as one."""
        return whole(lambda offset: self.lineage(thing, direction, offset=offset))

    def common_ancestors(self, first: str, second: str) -> CommonAncestors:
        return self.call("common_ancestors", CommonAncestors, first=first, second=second)

    def path(self, first: str, second: str) -> LineageView:
        return self.call("path", LineageView, first=first, second=second)

    def resting_on(self, **what: Any) -> LineageView:
        """what: dataset, or instrument (with after, before), or package; limit, offset."""
        return self.call("resting_on", LineageView, **what)

    def known_bytes(self, hashes: Sequence[str]) -> dict[str, str]:
        """{SHA-256: dataset} of those that some dataset has."""
        found: dict[str, str] = {}
        for part in range(0, len(hashes), AT_ONCE):
            found |= self.call("known_bytes", dict[str, str], hashes=list(hashes[part : part + AT_ONCE]))
        return found

    def made_by(self, sha256: str, content_hash: str = "") -> list[Maker]:
        return self.call("made_by", list[Maker], sha256=sha256, content_hash=content_hash)

    def compare_runs(self, run: str, other: str) -> Any:
        """What is different in `other`: code by cells, parameters, inputs, environment; as JSON-able data."""
        return self.ask("compare_runs", {"run": run, "other": other})

    def keep_replay(self, run: str, reproduced: bool, **about: Any) -> Replay:
        """about: outputs, environment, problem, took_s, pictures, request_key."""
        return self.call("keep_replay", Replay, run=run, reproduced=reproduced, **about)

    def replays(self, run: str) -> list[Replay]:
        return self.call("replays", list[Replay], run=run)


def whole(page: Callable[[int], LineageView]) -> LineageView:
    """All pages of an answer as one. page: asks for the one that begins at an offset."""
    pages = [page(0)]
    while (offset := pages[-1].next) is not None:
        pages.append(page(offset))
    return LineageView(joined([one.nodes for one in pages]), joined([one.edges for one in pages]), pages[0].total)
