"""What was seen of a run, beside what was declared: into one list, and where the two disagree, a sentence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from lims.catalog import Transaction
from lims.model import Dataset, Relation, Run, RunFile, new_id

OBSERVED = "derived from"
SLACK = timedelta(seconds=2)
"""Disks keep times of files in whole seconds, some in two."""


def reconciled(change: Transaction, run: Run, files: Sequence[RunFile]) -> Run:
    """The run with what it was seen to read and write, and its relations.

    An input that nobody declared gives an observed edge to each output that was written after it was read; where the
    output's parents were declared, the edge is in doubt. So is a declared edge whose input was not seen to be read.
    """
    known = {one.id: one for one in change.view.datasets(ids=[one.dataset for one in files if one.dataset])}
    kept = merged(change.view.run_files(run.id), [one for one in files if one.dataset is None or one.dataset in known])
    change.put_all([replace(one, run=run.id) for one in kept], action="run.file")
    edges = [one for one in change.view.relations(run.id) if one.run == run.id]
    was_read = {one.dataset for one in kept if one.role == "input" and one.dataset}
    change.put_all([in_doubt(one, known, change) for one in unread(run, edges, was_read)], action="relation.doubt")
    new = [known[one] for one in sorted(was_read & known.keys()) if one not in {*run.inputs, *run.outputs}]
    outputs = change.view.datasets(ids=list(run.outputs))
    change.put_all(edges_from(new, outputs, run, edges, read_at(kept)), action="relation.observe")
    then = {one.dataset: one.sha256 for one in kept if one.role == "input"}  # when they were first opened
    return run.with_read({one.id: then.get(one.id) or one.sha256 or "" for one in new})


def merged(there: Sequence[RunFile], seen: Iterable[RunFile]) -> list[RunFile]:
    """One row for each file and role, with all that is known of it; those there keep their numbers."""
    found = {(one.role, one.dataset or one.path): one for one in there}
    for one in seen:
        key = (one.role, one.dataset or one.path)
        before = found.get(key)
        if before is None:
            found[key] = replace(one, number=len(found) + 1)
        else:
            ways = tuple(dict.fromkeys((*before.seen, *one.seen)))
            found[key] = replace(one, number=before.number, seen=ways, sha256=one.sha256 or before.sha256,
                                 content_hash=one.content_hash or before.content_hash)  # fmt: skip
    return sorted(found.values(), key=lambda one: one.number)


def unread(run: Run, edges: Iterable[Relation], was_read: set[str]) -> list[Relation]:
    """Declared edges of which the input was neither seen to be read nor made by the run itself."""
    return [one for one in edges if one.source == "declared" and one.input not in was_read | set(run.outputs)]


def in_doubt(edge: Relation, known: dict[str, Dataset], change: Transaction) -> Relation:
    name = (known.get(edge.input) or change.view.dataset(edge.input)).name
    return replace(edge, doubt=f"{name} was declared as an input, and was not seen to be read.")


def read_at(files: Iterable[RunFile]) -> dict[str, datetime]:
    """When each input was first read, where that is known."""
    return {one.dataset: one.at for one in files if one.role == "input" and one.dataset and one.at}


def edges_from(
    inputs: Sequence[Dataset], outputs: Sequence[Dataset], run: Run, edges: Sequence[Relation],
    when: Mapping[str, datetime],
) -> list[Relation]:
    """One from each input to each later output. Where somebody said what the output was made from, it is in doubt."""
    there = {(one.output, one.input) for one in edges}
    declared = {one.output for one in edges if one.source == "declared"}
    return [
        Relation(
            new_id("relation"), output.id, one.id, OBSERVED, {}, "observed", run.id, run.user, one.sha256 or "",
            f"{one.name} was read, and was not declared as an input." if output.id in declared else "",
        )
        for output in outputs
        for one in inputs
        if (output.id, one.id) not in there and when.get(one.id, output.modified) <= output.modified + SLACK
    ]  # fmt: skip
