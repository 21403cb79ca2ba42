"""Derived data: files that runs and people bring, kept with what they were made from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from lims.catalog import Transaction, View
from lims.errors import Invalid
from lims.facility.assemble import dataset_view
from lims.facility.desk import Desk
from lims.facility.operations.registry import operation
from lims.facility.operations.runs import hashes_now, kept_environment, note_file, own_run
from lims.facility.operations.storing import Arriving, place_of_upload, stored
from lims.facility.views import DatasetView
from lims.model import Dataset, Principal, Relation, Run, new_id
from lims.model.provenance import EdgeSource

Part = Literal["output", "executed", "source"]
"""What a file is to its run: a result, the executed notebook (or a script's log), the text of what ran."""
ACTIONS: dict[EdgeSource, str] = {
    "declared": "relation.declare", "observed": "relation.observe", "imported": "relation.import"
}


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
    part: Part = "output",
    source: EdgeSource = "declared",
    content_hash: str | None = None,
    is_tree: bool = False,
    request_key: str | None = None,
) -> DatasetView:
    """Take an uploaded file into the derived store as a dataset, with its relations to its parents.

    upload: what the upload answered. name: the file's own name. is_tree: it is a folder (.zspy), uploaded as a tar.
    parents: ids of the datasets it was made from; where none are given, those that `run` has opened so far.
    part: what it is to `run`. source: how the parents are known.
    """

    def register(change: Transaction, made: Dataset) -> None:
        change.put(made, action="dataset.derive")
        edges = dict.fromkeys(parents, source)
        if run is not None:
            owner = own_run(change.view, principal, run)
            read = change.view.datasets(ids=list(parents))
            change.put(with_written(owner, made.id, read, part), action="run.write")
            if part == "output":
                note_file(change, owner, "output", made, "declared" if source == "declared" else "observed")
                if not edges:  # nobody said what it was made from: what the run had opened by then
                    edges = dict.fromkeys(owner.inputs, "observed")
        put_edges(change, made.id, edges, relation, params or {}, run)

    def check(view: View) -> None:
        for parent in parents:
            view.dataset(parent)
        if run is not None:
            own_run(view, principal, run)

    arriving = Arriving(upload, name, run, content_hash, is_tree)
    return take(desk, principal, arriving, check, register, request_key)


@operation
def import_derived(
    desk: Desk,
    principal: Principal,
    upload: str,
    name: str,
    parents: Sequence[str],
    relation: str,
    params: dict[str, Any] | None = None,
    software: str = "",
    note: str = "",
    content_hash: str | None = None,
    is_tree: bool = False,
    request_key: str | None = None,
) -> DatasetView:
    """Take a file that was made elsewhere, with what a person says of how: which program, from which datasets.

    That step is a run of its own, of the kind `external`. software: the program and its version. note: how, in words.
    is_tree: as for `save_derived`.
    """
    if not parents:
        raise Invalid("What was it made from?", hint="Give the dataset that it was made from: --parent ID")
    if not relation.strip():
        raise Invalid("How was it made?", hint="Name the operation, for instance: --relation FFT")

    def register(change: Transaction, made: Dataset) -> None:
        now = datetime.now(UTC)
        read = change.view.datasets(ids=list(parents))
        begun = Run(new_id("run"), principal.name, software or "a program elsewhere", "done", now, now,
                    parameters=params or {}, kind="external")  # fmt: skip
        told = {"software": software, "note": note}
        begun = replace(begun, environment=kept_environment(change, {key: one for key, one in told.items() if one}))
        change.put(made, action="dataset.derive")
        change.put(with_written(begun, made.id, read, "output"), action="run.import")
        put_edges(change, made.id, dict.fromkeys(parents, "imported"), relation.strip(), params or {}, begun.id)

    def check(view: View) -> None:
        for parent in parents:
            view.dataset(parent)

    return take(desk, principal, Arriving(upload, name, None, content_hash, is_tree), check, register, request_key)


def take(
    desk: Desk,
    principal: Principal,
    arriving: Arriving,
    check: Callable[[View], None],
    register: Callable[[Transaction, Dataset], None],
    request_key: str | None,
) -> DatasetView:
    """Put the file into the store and register it; check is done before anything is written."""
    staged = place_of_upload(desk.uploads, arriving.upload)
    with desk.one_at_a_time(principal, request_key):
        # A client that lost the answer asks again, when its first upload is already gone.
        was_answered, dataset_id = desk.catalog.answered(principal, request_key)
        if not was_answered:
            check(desk.catalog.view(principal))
            made = stored(desk, principal, staged, arriving)

            def put(change: Transaction) -> str:
                register(change, made)
                return made.id

            dataset_id = desk.catalog.write(put, by=principal, request_key=request_key)
    staged.unlink(missing_ok=True)
    desk.harvester.process([dataset_id])
    return dataset_view(desk.catalog.view(principal), dataset_id, with_metadata=False)


def put_edges(
    change: Transaction, output: str, parents: Mapping[str, EdgeSource], relation: str, params: dict[str, Any],
    run: str | None,
) -> None:
    """One from each parent, with the checksum that it has now, or had when the run read it."""
    hashes = hashes_now(change.view.datasets(ids=list(parents)))
    if run is not None:
        hashes |= {name: sha256 for name, sha256 in change.view.run(run).hashes.items() if sha256}
    for parent, source in parents.items():
        edge = Relation(
            new_id("relation"), output, parent, relation or "derived from", params, source, run, change.by.name,
            hashes.get(parent, ""),
        )  # fmt: skip
        change.put(edge, action=ACTIONS[source])


def with_written(run: Run, dataset_id: str, parents: Sequence[Dataset], part: Part) -> Run:
    """The run with one more file of its own."""
    if part != "output":
        return replace(run, executed=dataset_id) if part == "executed" else replace(run, source=dataset_id)
    return replace(run.with_read(hashes_now(parents)), outputs=(*run.outputs, dataset_id))
