"""`lims lineage`: where a result came from, and what was made of it."""

from typing import Literal, cast

import click

from lims.cli.frame import facility_option, json_option, open_facility, print_json, print_table, printable
from lims.facility.views import LineageView
from lims.model import LineageEdge
from lims.model.provenance import EdgeSource
from lims.provenance.graphs import sentence, to_dot, to_prov

Direction = Literal["both", "ancestors", "descendants"]


@click.command("lineage")
@click.argument("thing", metavar="ID")
@click.option("--ancestors", "direction", flag_value="ancestors", help="Only what it was made from.")
@click.option("--descendants", "direction", flag_value="descendants", help="Only what was made from it.")
@click.option("--dot", "form", flag_value="dot", help="Print the graph for Graphviz.")
@click.option("--prov", "form", flag_value="prov", help="Print the graph as W3C PROV-JSON.")
@json_option
@facility_option
@click.pass_context
def command(ctx: click.Context, thing: str, direction: Direction | None, form: str | None, as_json: bool) -> None:
    """Show what a dataset was made from, by which operation, and what was made of it."""
    graph = open_facility(ctx).lineage(thing, direction or "both")
    if form == "dot":
        click.echo(to_dot(graph.nodes, edges_of(graph)), nl=False)
    elif form == "prov":
        print_json(to_prov(graph.nodes, edges_of(graph)))
    elif as_json:
        print_json(graph)
    else:
        print_lineage(graph)


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
        click.echo(f"Nothing is known to come before or after {', '.join(map(printable, names.values()))}.")
