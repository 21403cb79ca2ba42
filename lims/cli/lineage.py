"""`lims lineage`: where a result came from, what was made of it, and what rests on what."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import click

from lims.cli.frame import facility_option, json_option, note, open_facility, print_json, print_table, printable
from lims.facility.facility import Facility
from lims.facility.origins import LineageView
from lims.facility.provenance import whole
from lims.facility.running.collecting import hash_of
from lims.logbook.times import moment_of
from lims.model import LineageEdge
from lims.model.provenance import Direction, EdgeSource
from lims.provenance.content import byte_hash
from lims.provenance.graphs import sentence, to_dot, to_prov


@click.command("lineage")
@click.argument("thing", metavar="[ID]", required=False)
@click.option("--ancestors", "direction", flag_value="ancestors", help="Only what it was made from.")
@click.option("--descendants", "direction", flag_value="descendants", help="Only what was made from it.")
@click.option("--common", metavar="ID", help="What it and this one have both come from.")
@click.option("--path-to", metavar="ID", help="The shortest way from it to this one.")
@click.option("--changed", metavar="RUN", help="ID is a run: what is different in this one.")
@click.option("--made", type=click.Path(exists=True, path_type=Path), metavar="FILE", help="Which run made this file.")
@click.option("--instrument", help="Results that rest on an instrument's files (--after, --before).")
@click.option("--package", metavar="NAME[==VERSION]", help="Results of runs that used a package.")
@click.option("--after", metavar="TIME", help="With --instrument: acquired from then on.")
@click.option("--before", metavar="TIME", help="With --instrument: acquired before.")
@click.option("--dot", "form", flag_value="dot", help="Print the graph for Graphviz.")
@click.option("--prov", "form", flag_value="prov", help="Print the graph as W3C PROV-JSON.")
@json_option
@facility_option
@click.pass_context
def command(
    ctx: click.Context, thing: str | None, direction: Direction | None, common: str | None, path_to: str | None,
    changed: str | None, made: Path | None, instrument: str | None, package: str | None, after: str | None,
    before: str | None, form: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Show what a dataset was made from, by which operation, and what was made of it."""
    facility = open_facility(ctx)
    if made is not None:
        return show_makers(facility, made, as_json)
    if instrument or package:
        when = {"after": moment(facility, after), "before": moment(facility, before)} if instrument else {}
        about = {"instrument": instrument, "package": package, **when}
        found = paged(lambda offset: facility.resting_on(**about, offset=offset), form, as_json)
        return show(facility, found, form, as_json)
    if thing is None:
        raise click.UsageError("Of what? Give an id, or --made FILE, --instrument or --package.")
    if changed:
        return show_changes(facility, thing, changed, as_json)
    if common:
        return show_common(facility, thing, common, form, as_json)
    if path_to:
        return show(facility, facility.path(thing, path_to), form, as_json)
    way: Direction = direction or "both"
    graph = paged(lambda offset: facility.lineage(thing, way, offset=offset), form, as_json)
    return show(facility, graph, form, as_json)


def paged(page: Callable[[int], LineageView], form: str | None, as_json: bool) -> LineageView:
    """All of it for programs; people get the first page."""
    return whole(page) if form or as_json else page(0)


def moment(facility: Facility, text: str | None) -> datetime | None:
    """A day is meant from its beginning."""
    if not text:
        return None
    said = f"{text} 00:00" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else text
    return moment_of(said, facility.me().timezone)


def show(facility: Facility, graph: LineageView, form: str | None, as_json: bool) -> None:
    if form == "dot":
        click.echo(to_dot(graph.nodes, edges_of(graph)), nl=False)
    elif form == "prov":
        print_json(prov_of(facility, graph))
    elif as_json:
        print_json(graph)
    else:
        print_lineage(graph)


def prov_of(facility: Facility, graph: LineageView) -> dict[str, Any]:
    """With the runs on the way: who ran what, when and with which parameters."""
    runs = dict.fromkeys(edge["run"] for edge in graph.edges if edge["run"])
    return to_prov(graph.nodes, edges_of(graph), [facility.run(one).details for one in runs])


def edges_of(graph: LineageView) -> list[LineageEdge]:
    return [
        LineageEdge(one["from"], one["to"], one["relation"], one["params"], cast(EdgeSource, one["source"]), one["run"])
        for one in graph.edges
    ]


def print_lineage(graph: LineageView) -> None:
    names = {node.id: node.name for node in graph.nodes}
    rows = [
        (names.get(edge.from_, edge.from_), sentence(edge), names.get(edge.to, edge.to), edge.source, edge.run)
        for edge in edges_of(graph)
    ]
    if rows:
        print_table(("from", "by", "to", "known because", "run"), rows)
    else:
        click.echo(f"Nothing is known to come before or after {', '.join(map(printable, names.values())) or 'it'}.")
    for node in graph.nodes:
        for trouble in filter(None, (node.bad and f"marked bad by {node.bad}", node.stale and f"stale: {node.stale}")):
            note(printable(f"{node.name} ({node.id}) is {trouble}"))
    if graph.next is not None:
        note(f"{graph.total - graph.next:,} more datasets are not shown.")


def show_common(facility: Facility, first: str, second: str, form: str | None, as_json: bool) -> None:
    found = facility.common_ancestors(first, second)
    if as_json:
        return print_json(found)
    if form:
        return show(facility, found.ways, form, as_json)
    if not found.nearest:
        click.echo(f"{first} and {second} have come from nothing that is known to be the same.")
        return None
    nodes = {node.id: node.name for node in found.ways.nodes}
    for one in found.nearest:
        click.echo(printable(f"Both come from {nodes[one]} ({one})."))
    for edge in found.ways.edges:
        click.echo(printable(f"  {edge['sentence']}"))
    return None


def show_makers(facility: Facility, path: Path, as_json: bool) -> None:
    found = facility.made_by(byte_hash(path), hash_of(path))
    if as_json:
        print_json(found)
    elif found:
        rows = [(one.dataset, one.name, "the same bytes" if one.same_bytes else "the same content", ", ".join(one.runs))
                for one in found]  # fmt: skip
        print_table(("ID", "NAME", "IT HAS", "MADE BY"), rows)
    else:
        click.echo(f"Nothing in the facility is what {path.name} is.")


def show_changes(facility: Facility, before: str, after: str, as_json: bool) -> None:
    found = facility.compare_runs(before, after)
    if as_json:
        return print_json(found)
    if found["same"]:
        click.echo("Nothing is different.")
    for line in found["code"]["text"].splitlines():
        click.echo(printable(line))
    rows = [(f"{part}: {one['name']}", one["before"], one["after"])
            for part in ("parameters", "inputs") for one in found[part]]  # fmt: skip
    rows += [(one["what"], one["before"], one["after"]) for one in found["environment"]["changes"] if one["counts"]]
    if rows:
        print_table(("WHAT", before, after), rows)
    return None
