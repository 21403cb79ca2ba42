"""`lims export`: a run or a result with its lineage, for other programs."""

from pathlib import Path

import click

from lims.cli.frame import facility_option, open_facility
from lims.cli.lineage import edges_of, prov_of
from lims.facility.jsonable import to_bytes
from lims.facility.running.bundling import export_crate
from lims.provenance.graphs import to_dot


@click.command("export")
@click.argument("thing", metavar="ID")
@click.option("--format", "form", type=click.Choice(["ro-crate", "prov", "dot"]), required=True)
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="A new folder, or a file.")
@click.option("--licence", default="", help="Under which the data are given, by its address or in words.")
@click.option("--without-raw", is_flag=True, help="Raw data are described, and not copied.")
@facility_option
@click.pass_context
def command(ctx: click.Context, thing: str, form: str, target: Path, licence: str, without_raw: bool) -> None:
    """Write what ID is, all that it came from and the runs on the way: an RO-Crate with the files, or a graph."""
    facility = open_facility(ctx)
    if form == "ro-crate":
        export_crate(facility, thing, target, licence=licence, with_raw=not without_raw)
    else:
        graph = facility.whole_lineage(thing, "ancestors")
        written = to_dot(graph.nodes, edges_of(graph)).encode() if form == "dot" else to_bytes(prov_of(facility, graph))
        target.write_bytes(written)
    click.echo(str(target))
