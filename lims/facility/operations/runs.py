"""Runs, derived data, and where things came from."""

import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from lims.catalog import Transaction, View
from lims.errors import Conflict, Forbidden, Invalid
from lims.facility.assemble import dataset_view
from lims.facility.desk import Desk
from lims.facility.operations.registry import operation
from lims.facility.views import ArtefactOfRun, DatasetView, Edge, LineageView, RunView
from lims.model import Dataset, Principal, Relation, Run, new_id
from lims.model.provenance import EdgeSource
from lims.stores import Entry, Store

DERIVED = "derived"
MOST_OF_ONE_NAME = 1000


@operation
def runs(desk: Desk, principal: Principal, limit: int = 50) -> list[Run]:
    """Runs the asker may see, newest first."""
    return desk.catalog.view(principal).runs(limit=limit)


@operation
def run(desk: Desk, principal: Principal, run: str) -> RunView:
    """One run: code, parameters, environment, inputs, outputs."""
    return run_view(desk.catalog.view(principal), run)


def run_view(view: View, run_id: str) -> RunView:
    found = view.run(run_id)
    return RunView(
        run=found.id,
        status=found.status,
        notebook=found.notebook,
        user=found.user,
        start=found.start,
        end=found.end,
        parameters=found.parameters,
        environment=found.environment,
        inputs=inputs_of(view, found),
        outputs=outputs_of(view, found),
        executed=found.executed,
        error=found.error,
        details=found,
    )


def inputs_of(view: View, run: Run) -> tuple[ArtefactOfRun, ...]:
    """What the run has read, as it was then."""
    then = sha256_when_read(run)
    return tuple(
        ArtefactOfRun(
            one.id, one.name, then[one.id] or one.sha256, content_hash=one.content_hash,
            is_changed=then[one.id] not in ("", one.sha256),
        )
        for one in view.datasets(ids=list(run.inputs))
    )


def sha256_when_read(run: Run) -> dict[str, str]:
    """{input: its checksum then}, in the order of the inputs; "" where an older run kept none."""
    return dict(zip_longest(run.inputs, run.inputs_sha256[: len(run.inputs)], fillvalue=""))


def outputs_of(view: View, run: Run) -> tuple[ArtefactOfRun, ...]:
    return tuple(
        ArtefactOfRun(one.id, one.name, one.sha256, content_hash=one.content_hash)
        for one in view.datasets(ids=list(run.outputs))
    )


@operation
def begin_run(
    desk: Desk,
    principal: Principal,
    notebook: str,
    source_sha256: str = "",
    parameters: dict[str, Any] | None = None,
    environment: dict[str, Any] | None = None,
    request_key: str | None = None,
) -> Run:
    """Register that an execution has begun."""

    def begin(change: Transaction) -> Run:
        started = Run(
            new_id("run"),
            principal.name,
            notebook,
            "running",
            datetime.now(UTC),
            source_sha256=source_sha256,
            parameters=parameters or {},
            environment=environment or {},
        )
        change.put(started, action="run.begin")
        return started

    return desk.catalog.write(begin, by=principal, request_key=request_key)


@operation
def record_read(desk: Desk, principal: Principal, run: str, dataset: str) -> Run:
    """Say that a run has opened a dataset."""

    def read(change: Transaction) -> None:
        found = own_run(change.view, principal, run)
        change.put(with_read(found, [change.view.dataset(dataset)]), action="run.read")

    desk.catalog.write(read, by=principal)
    return desk.catalog.view(principal).run(run)


@operation
def finish_run(
    desk: Desk,
    principal: Principal,
    run: str,
    status: Literal["done", "failed"],
    environment: dict[str, Any] | None = None,
    error: str = "",
    request_key: str | None = None,
) -> RunView:
    """Close a run, done or failed."""

    def finish(change: Transaction) -> None:
        found = own_run(change.view, principal, run)
        closed = replace(
            found,
            status=status,
            end=datetime.now(UTC),
            environment=environment or found.environment,
            error=error,
        )
        change.put(closed, action="run.finish")

    desk.catalog.write(finish, by=principal, request_key=request_key)
    return run_view(desk.catalog.view(principal), run)


def own_run(view: View, principal: Principal, run_id: str) -> Run:
    found = view.run(run_id)
    if found.user != principal.name:
        raise Forbidden(f"Run {run_id} is {found.user}'s; only they can add to it.")
    return found


@operation
def save_derived(
    desk: Desk,
    principal: Principal,
    upload: str,
    name: str,
    parents: Sequence[str] = (),
    relation: str = "",
    params: dict[str, Any] | None = None,
    run: str | None = None,
    executed: bool = False,
    content_hash: str | None = None,
    request_key: str | None = None,
) -> DatasetView:
    """Take an uploaded file into the derived store as a dataset, with its relations to its parents.

    upload: what the upload answered. name: the file's own name.
    parents: ids of the datasets it was made from; where none are given, those that `run` has opened so far.
    executed: it is the executed notebook of `run`, and none of its outputs.
    """

    def register(change: Transaction) -> str:
        change.put(made, action="dataset.derive")
        sources: dict[str, EdgeSource] = dict.fromkeys(parents, "declared")
        if run is not None:
            owner = own_run(change.view, principal, run)
            read = change.view.datasets(ids=list(parents))
            change.put(with_written(owner, made.id, read, executed=executed), action="run.write")
            if not sources and not executed:  # nobody said what it was made from: what the run had opened by then
                sources = dict.fromkeys(owner.inputs, "observed")
        what = relation or "derived from"
        for parent, source in sources.items():
            edge = Relation(new_id("relation"), made.id, parent, what, params or {}, source, run, principal.name)
            change.put(edge, action="relation.declare" if source == "declared" else "relation.observe")
        return made.id

    staged = place_of_upload(desk.uploads, upload)
    with desk.one_at_a_time(principal, request_key):
        # A client that lost the answer asks again, when its first upload is already gone.
        was_answered, dataset_id = desk.catalog.answered(principal, request_key)
        if not was_answered:
            view = desk.catalog.view(principal)
            for parent in parents:
                view.dataset(parent)
            if run is not None:
                own_run(view, principal, run)
            made = replace(stored(desk, principal, staged, name, run), content_hash=content_hash)
            dataset_id = desk.catalog.write(register, by=principal, request_key=request_key)
    staged.unlink(missing_ok=True)
    desk.harvester.process([dataset_id])
    return dataset_view(desk.catalog.view(principal), dataset_id, with_metadata=False)


def with_read(run: Run, datasets: Sequence[Dataset]) -> Run:
    """The run with more inputs, each with the checksum that it has now: later its file may be another one."""
    read = sha256_when_read(run)
    for one in datasets:
        read.setdefault(one.id, one.sha256 or "")
    return replace(run, inputs=tuple(read), inputs_sha256=tuple(read.values()))


def with_written(run: Run, dataset_id: str, parents: Sequence[Dataset], *, executed: bool) -> Run:
    """The run with one more file of its own. What the run itself has made on the way is no input of it."""
    if executed:
        return replace(run, executed=dataset_id)
    more = with_read(run, [one for one in parents if one.id not in run.outputs])
    return replace(more, outputs=(*run.outputs, dataset_id))


def stored(desk: Desk, principal: Principal, staged: Path, name: str, run: str | None) -> Dataset:
    """The uploaded file at a free place of the derived store, as a dataset that the catalog does not know yet.

    Raises Invalid where there is no such upload.
    """
    if not staged.is_file():
        raise no_upload(staged.name)
    key = f"{folder_name(principal.name)}/{run or datetime.now(UTC).date().isoformat()}/{file_name(name)}"
    written = written_to_free_key(desk.stores[DERIVED], desk.catalog.view(principal), key, staged)
    return Dataset(
        id=new_id("dataset"),
        kind="derived",
        store=DERIVED,
        key=written.key,
        bytes=written.bytes,
        modified=written.modified,
        sha256=sha256_of(staged),
        owner=principal.name,
        acquired=written.modified,
    )


def place_of_upload(uploads: Path, token: str) -> Path:
    """Raises Invalid for what no upload can have answered."""
    if not re.fullmatch(r"[0-9a-f]{32}", token):
        raise no_upload(token)
    return uploads / token


def no_upload(token: str) -> Invalid:
    return Invalid(f"There is no upload {token!r}.", hint="Upload the file again.")


def file_name(name: str) -> str:
    """Raises Invalid for a name that would leave its folder or that no file can have."""
    if not name or name in (".", "..") or re.search(r"[/\\\x00-\x1f]", name) or len(name.encode()) > 240:
        raise Invalid(f"{name!r} cannot be a file name.", hint="Give a plain name such as Eve_FFT.hspy.")
    return name


def folder_name(person: str) -> str:
    return re.sub(r"[^A-Za-z0-9._@-]", "_", person).lstrip(".") or "_"


def written_to_free_key(store: Store, view: View, key: str, source: Path) -> Entry:
    """Under the key itself, or with a number where it is taken: derived files are never overwritten.

    A file that nobody knows (its writer died before the catalog heard of it) takes a key, too.
    """
    path = PurePosixPath(key)
    for number in range(1, MOST_OF_ONE_NAME):
        candidate = key if number == 1 else str(path.with_stem(f"{path.stem}-{number}"))
        if not view.is_taken(DERIVED, candidate):
            with suppress(Conflict):
                return store.write(candidate, source)
    raise Conflict(f"There are a thousand files {key!r} already.", hint="Choose another name.")


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@operation
def relate(
    desk: Desk,
    principal: Principal,
    output: str,
    input: str,
    relation: str,
    params: dict[str, Any] | None = None,
    request_key: str | None = None,
) -> Relation:
    """Declare that `output` was made from `input`. Raises Invalid where that would close a circle."""

    def declare(change: Transaction) -> Relation:
        made = change.view.dataset(output)
        change.view.dataset(input)
        if made.kind == "raw":
            raise Invalid(f"{made.name} is raw: it was not made from another dataset.")
        ancestors = {node.id for node in change.view.lineage(input, "ancestors").nodes}
        if output == input or output in ancestors:
            raise Invalid(f"{input} was itself made from {output}: that would close a circle.")
        edge = Relation(new_id("relation"), output, input, relation, params or {}, by=principal.name)
        change.put(edge, action="relation.declare")
        return edge

    return desk.catalog.write(declare, by=principal, request_key=request_key)


@operation
def lineage(
    desk: Desk, principal: Principal, thing: str, direction: Literal["both", "ancestors", "descendants"] = "both"
) -> LineageView:
    """What a dataset, record or run was made from, and what was made from it."""
    graph = desk.catalog.view(principal).lineage(thing, direction)
    edges = [
        Edge(
            {"from": e.from_, "to": e.to, "relation": e.relation, "params": e.params, "source": e.source, "run": e.run}
        )
        for e in graph.edges
    ]
    return LineageView(graph.nodes, tuple(edges))
