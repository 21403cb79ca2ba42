"""Where things came from, what rests on them, and what people say of that."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from lims.access import check_may_correct
from lims.catalog import Transaction, View
from lims.errors import Forbidden, Invalid
from lims.facility.columns import maker
from lims.facility.desk import Desk
from lims.facility.operations.registry import operation
from lims.facility.operations.settling import session_of, settled_view
from lims.facility.origins import CommonAncestors, Edge, LineageView, Maker
from lims.facility.views import Settled
from lims.model import Lineage, Principal, Relation, Rows, Settlement, new_id
from lims.model.provenance import Direction
from lims.provenance.environments import canonical, packages
from lims.provenance.rebuilding import used
from lims.provenance.sentences import harmless, meaning

MOST_NODES = 5000
MOST_HASHES = 10_000


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
        made, source = change.view.dataset(output), change.view.dataset(input)
        if made.kind == "raw":
            raise Invalid(f"{made.name} is raw: it was not made from another dataset.")
        if output in change.view.ancestors(input):
            raise Invalid(f"{source.name} was itself made from {made.name}: that would close a circle.")
        edge = Relation(new_id("relation"), output, input, relation, params or {}, by=principal.name,
                        input_sha256=source.sha256 or "")  # fmt: skip
        change.put(edge, action="relation.declare")
        return edge

    return desk.catalog.write(declare, by=principal, request_key=request_key)


@operation
def settle_relation(
    desk: Desk,
    principal: Principal,
    relation: str,
    decision: Literal["accept", "reject"],
    request_key: str | None = None,
) -> Relation:
    """Say whether an edge is right: of what was declared and not seen, or seen and not declared. The last word counts.

    A rejected edge is kept and not followed. Raises Forbidden for who owns neither the result nor the run.
    """

    def settle(change: Transaction) -> Relation:
        edge = change.view.relation(relation)
        made = change.view.dataset(edge.output)
        if not (principal.is_staff or principal.name in (made.owner, edge.by)):
            raise Forbidden(f"{made.name} is {made.owner}'s.", hint="Ask them, or the staff.")
        said = replace(edge, settled="accepted" if decision == "accept" else "rejected")
        change.put(said, action=f"relation.{decision}")
        return said

    return desk.catalog.write(settle, by=principal, request_key=request_key)


@operation
def mark_bad(desk: Desk, principal: Principal, dataset: str, reason: str, request_key: str | None = None) -> Settled:
    """Warn of a dataset: what rests on it is stale from now on. Taken back by `unsettle`."""

    def mark(change: Transaction) -> Settled:
        one = change.view.dataset(dataset)
        check_may_correct(principal, one, session_of(change.view, one))
        if not reason.strip():
            raise Invalid("Why is it bad?", hint="Say it in a sentence: others will read it.")
        row = Settlement(dataset, "quality", "bad", principal.name, datetime.now(UTC), None, reason.strip())
        change.put(row, action="dataset.mark-bad")
        return settled_view(change.view, [row])

    return desk.catalog.write(mark, by=principal, request_key=request_key)


@operation
def lineage(
    desk: Desk,
    principal: Principal,
    thing: str,
    direction: Direction = "both",
    limit: int = 1000,
    offset: int = 0,
) -> LineageView:
    """What a dataset, record or run was made from, and what was made from it; nearest first, a page of it."""
    view = desk.catalog.view(principal)
    return lineage_view(view.lineage(thing, direction, limit=checked(limit), offset=offset), offset)


def checked(limit: int) -> int:
    if not 1 <= limit <= MOST_NODES:
        raise Invalid(f"limit: from 1 to {MOST_NODES} datasets at a time.", hint="Ask for the rest with offset.")
    return limit


def lineage_view(graph: Lineage, offset: int = 0) -> LineageView:
    end = offset + len(graph.nodes)
    return LineageView(graph.nodes, edges_told(graph), graph.total, end if end < graph.total else None)


def edges_told(graph: Lineage) -> Rows[Edge]:
    edges = graph.edges.columns
    told = {
        "id": edges["id"],
        "from": edges["from_"],
        "to": edges["to"],
        "relation": edges["relation"],
        "params": edges["params"],
        "source": edges["source"],
        "run": edges["run"],
        "doubt": ["" if settled else doubt for doubt, settled in zip(edges["doubt"], edges["settled"], strict=True)],
        "sentence": sentences(graph),
    }
    return Rows(maker(Edge), told)


def sentences(graph: Lineage) -> list[str]:
    """Of each edge what was made of what."""
    nodes, edges = graph.nodes.columns, graph.edges.columns
    names = {**graph.others, **dict(zip(nodes["id"], nodes["name"], strict=True))}
    names = {one: harmless(name) for one, name in names.items()}
    # By their parameters' identity, for the catalog has one object for all edges that have the same.
    kinds = [*zip(edges["relation"], map(id, edges["params"]), strict=True)]
    params = dict(zip(kinds, edges["params"], strict=True))
    meanings = {kind: meaning(kind[0], params[kind]) for kind in params}
    ends = zip(kinds, edges["from_"], edges["to"], strict=True)
    return [meanings[kind].told(names.get(from_, "?"), names.get(to, "?")) for kind, from_, to in ends]


@operation
def common_ancestors(desk: Desk, principal: Principal, first: str, second: str) -> CommonAncestors:
    """What two things have both come from: the nearest such datasets, and the ways from there to each."""
    nearest, graph = desk.catalog.view(principal).common_ancestors(first, second)
    return CommonAncestors(tuple(nearest), lineage_view(graph))


@operation
def path(desk: Desk, principal: Principal, first: str, second: str) -> LineageView:
    """The shortest way from one thing to another, else through what they both came from; empty where there is none."""
    return lineage_view(desk.catalog.view(principal).path(first, second))


@operation
def resting_on(
    desk: Desk,
    principal: Principal,
    dataset: str | None = None,
    instrument: str | None = None,
    after: datetime | None = None,
    before: datetime | None = None,
    package: str | None = None,
    limit: int = 1000,
    offset: int = 0,
) -> LineageView:
    """Which results rest on a dataset, on an instrument's files of some time, or on a version of a package.

    package: `numpy==1.26.4`, or `numpy` for any version. Exactly one of the three is asked.
    """
    view = desk.catalog.view(principal)
    given = [one for one in (dataset, instrument, package) if one]
    if len(given) != 1:
        raise Invalid("Resting on what?", hint="Give one of: a dataset, an instrument, a package.")
    if package:
        return lineage_view(of_package(view, package, checked(limit), offset), offset)
    start = [dataset] if dataset else of_instrument(view, str(instrument), after, before)
    found = view.resting_on(start, limit=checked(limit), offset=offset)
    if dataset and not found.total:
        view.dataset(dataset)  # raises where there is none
    return lineage_view(found, offset)


def of_instrument(view: View, instrument: str, after: datetime | None, before: datetime | None) -> list[str]:
    view.instrument(instrument)
    window = (after or datetime.min.replace(tzinfo=UTC), before or datetime.max.replace(tzinfo=UTC))
    return [one.id for one in view.datasets(instrument=instrument, between=window)]


def of_package(view: View, package: str, limit: int, offset: int) -> Lineage:
    """The results of runs in which it was there, and loaded if the run says what it loaded, and all made of them."""
    name, _, version = package.partition("==")
    wanted = [one for one, facts in view.environments().items() if has_package(facts, name.strip(), version.strip())]
    return view.resting_on(view.runs_in(wanted), with_start=True, limit=limit, offset=offset)


def has_package(facts: dict[str, Any], name: str, version: str) -> bool:
    """Whether it was there, and used if the run says what it used."""
    wanted = canonical(name)
    return wanted in used(facts) and (not version or packages(facts).get(wanted) == version)


@operation
def known_bytes(desk: Desk, principal: Principal, hashes: Sequence[str]) -> dict[str, str]:
    """{SHA-256: dataset} of those of these checksums that some dataset has; of several datasets the newest."""
    if len(hashes) > MOST_HASHES:
        raise Invalid(f"At most {MOST_HASHES:,} checksums at a time.", hint="Ask for them in several parts.")
    return desk.catalog.view(principal).of_bytes(hashes)


@operation
def made_by(desk: Desk, principal: Principal, sha256: str, content_hash: str = "") -> list[Maker]:
    """Which datasets have these bytes or this content, and the runs that wrote them; newest first."""
    view = desk.catalog.view(principal)
    found = view.with_content(sha256, content_hash)
    return [Maker(one.id, one.name, one.sha256 == sha256, tuple(view.writers(one.id))) for one in found]
