"""Runs: what was executed, in what, reading and writing what."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from lims.catalog import Transaction, View
from lims.errors import Conflict, Forbidden
from lims.facility.desk import Desk
from lims.facility.operations.reconciling import reconciled
from lims.facility.operations.registry import operation
from lims.facility.origins import ArtefactOfRun, Doubt, RunView
from lims.model import Dataset, Environment, Principal, Relation, Run, RunFile, new_id
from lims.model.provenance import RunKind, Seen


@operation
def runs(desk: Desk, principal: Principal, limit: int = 50, dataset: str | None = None) -> list[Run]:
    """Runs the asker may see, newest first. dataset: only those that it went into or came out of."""
    return desk.catalog.view(principal).runs(limit=limit, dataset=dataset)


@operation
def run(desk: Desk, principal: Principal, run: str) -> RunView:
    """One run: code, parameters, environment, inputs, outputs."""
    return run_view(desk.catalog.view(principal), run)


def run_view(view: View, run_id: str) -> RunView:
    found = view.run(run_id)
    files = tuple(view.run_files(run_id))
    relations = [one for one in view.relations(run_id) if one.run == run_id]
    return RunView(
        run=found.id,
        status=found.status,
        notebook=found.notebook,
        user=found.user,
        start=found.start,
        end=found.end,
        parameters=found.parameters,
        environment=view.environments([found.environment]).get(found.environment, {}),
        inputs=inputs_of(view, found, files),
        outputs=outputs_of(view, found, files),
        executed=found.executed,
        error=found.error,
        details=found,
        files=files,
        doubts=(*(Doubt(text) for text in found.doubts), *doubts_of(relations)),
        replaced_by=next(iter(view.newer_runs(run_id)), None),
        replays=tuple(view.replays(run_id)),
    )


def doubts_of(relations: Sequence[Relation]) -> list[Doubt]:
    """What of the run's relations still waits for a person."""
    return [Doubt(one.doubt, one.id) for one in relations if one.doubt and not one.settled]


def inputs_of(view: View, run: Run, files: Sequence[RunFile]) -> tuple[ArtefactOfRun, ...]:
    """What the run has read, as it was then."""
    then, sources = run.hashes, sources_of(run, files, "input")
    return tuple(
        ArtefactOfRun(
            one.id, one.name, then[one.id] or one.sha256, sources.get(one.id, "declared"), one.content_hash,
            is_changed=then[one.id] not in ("", one.sha256),
        )
        for one in view.datasets(ids=list(run.inputs))
    )  # fmt: skip


def sources_of(run: Run, files: Sequence[RunFile], role: str) -> dict[str, str]:
    """{dataset: how we know that the run read or wrote it}; what was declared and seen is `declared`."""
    if run.kind == "external":
        return dict.fromkeys((*run.inputs, *run.outputs), "imported")
    told = [(one.dataset, one.seen) for one in files if one.role == role and one.dataset]
    return {name: "declared" if "declared" in seen or not seen else seen[0] for name, seen in told}


def outputs_of(view: View, run: Run, files: Sequence[RunFile]) -> tuple[ArtefactOfRun, ...]:
    sources = sources_of(run, files, "output")
    found = {one.id: one for one in view.datasets(ids=list(run.outputs))}
    return tuple(
        ArtefactOfRun(one.id, one.name, one.sha256, sources.get(one.id, "declared"), one.content_hash)
        for one in (found[output] for output in run.outputs if output in found)
    )


@operation
def begin_run(
    desk: Desk,
    principal: Principal,
    notebook: str,
    kind: RunKind = "notebook",
    source_sha256: str = "",
    parameters: dict[str, Any] | None = None,
    environment: dict[str, Any] | None = None,
    commit: str = "",
    folder: str = "",
    replaces: str | None = None,
    tolerances: dict[str, Any] | None = None,
    source: str | None = None,
    request_key: str | None = None,
) -> Run:
    """Register that an execution has begun. source: the dataset that has its text, where there is one already."""

    def begin(change: Transaction) -> Run:
        started = Run(
            new_id("run"),
            principal.name,
            notebook,
            "running",
            datetime.now(UTC),
            source_sha256=source_sha256,
            parameters=parameters or {},
            environment=kept_environment(change, environment or {}),
            kind=kind,
            commit=commit,
            folder=folder,
            replaces=change.view.run(replaces).id if replaces else None,
            tolerances=tolerances or {},
            source=change.view.dataset(source).id if source else None,
        )
        change.put(started, action="run.begin")
        return started

    return desk.catalog.write(begin, by=principal, request_key=request_key)


def kept_environment(change: Transaction, facts: Mapping[str, Any]) -> str:
    """The id under which these facts are kept; "" for none."""
    if not facts:
        return ""
    told = json.dumps(facts, sort_keys=True, default=str)
    kept = Environment(f"env-{hashlib.sha256(told.encode(errors='surrogatepass')).hexdigest()[:20]}", dict(facts))
    change.put(kept, action="environment.keep")
    return kept.id


@operation
def record_read(desk: Desk, principal: Principal, run: str, dataset: str) -> Run:
    """Say that a run has opened a dataset."""

    def read(change: Transaction) -> None:
        found = own_run(change.view, principal, run)
        one = change.view.dataset(dataset)
        note_file(change, found, "input", one, "declared")
        change.put(found.with_read(hashes_now([one])), action="run.read")

    desk.catalog.write(read, by=principal)
    return desk.catalog.view(principal).run(run)


def note_file(change: Transaction, run: Run, role: Literal["input", "output"], one: Dataset, seen: Seen) -> None:
    """Among what the run was seen to read and write; once for each dataset."""
    there = change.view.run_files(run.id)
    if not any((file.role, file.dataset) == (role, one.id) for file in there):
        file = RunFile(
            run.id, len(there) + 1, role, one.name, one.id, one.sha256 or "", one.content_hash or "", one.bytes, (seen,)
        )
        change.put(file, action="run.file")


@operation
def finish_run(
    desk: Desk,
    principal: Principal,
    run: str,
    status: Literal["done", "failed"],
    environment: dict[str, Any] | None = None,
    error: str = "",
    files: Sequence[RunFile] | None = None,
    doubts: Sequence[str] = (),
    source_sha256: str = "",
    request_key: str | None = None,
) -> RunView:
    """Close a run, done or failed.

    files: what it was seen to read and write, where somebody watched; their run and number are given here. Where that
    and what was declared disagree, the run says so (`doubts`). source_sha256: of what ran, where it came to be only
    while it ran. Raises Conflict for a run that is closed.
    """

    def finish(change: Transaction) -> None:
        found = own_run(change.view, principal, run)
        if found.status != "running":
            raise Conflict(f"Run {run} has ended already.", hint=f"See it with: lims show {run}")
        if files is not None:
            found = reconciled(change, found, files)
        closed = replace(
            found,
            status=status,
            end=datetime.now(UTC),
            environment=kept_environment(change, environment or {}) or found.environment,
            error=error,
            doubts=(*found.doubts, *doubts),
            source_sha256=source_sha256 or found.source_sha256,
        )
        change.put(closed, action="run.finish")

    desk.catalog.write(finish, by=principal, request_key=request_key)
    return run_view(desk.catalog.view(principal), run)


def own_run(view: View, principal: Principal, run_id: str) -> Run:
    found = view.run(run_id)
    if found.user != principal.name:
        raise Forbidden(f"Run {run_id} is {found.user}'s; only they can add to it.")
    return found


def hashes_now(datasets: Sequence[Dataset]) -> dict[str, str]:
    """{dataset: the checksum that it has now}: later its file may be another one."""
    return {one.id: one.sha256 or "" for one in datasets}
