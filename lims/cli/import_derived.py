"""`lims import-derived`: a result that was made elsewhere, with what a person says of how."""

from pathlib import Path
from typing import Any

import click

from lims.cli.frame import facility_option, json_option, open_facility, print_facts, print_json
from lims.facility.opening import id_of
from lims.facility.packing import check_suffix
from lims.facility.running.collecting import hash_of
from lims.provenance.values import param_value


@click.command("import-derived")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--parent", "parents", multiple=True, required=True, metavar="ID", help="What it was made from.")
@click.option("--relation", required=True, help="The operation, such as FFT or crop.")
@click.option("--software", default="", help='The program and its version, such as "DigitalMicrograph 3.5".')
@click.option("-p", "--param", "params", nargs=2, multiple=True, metavar="NAME VALUE", help="A parameter of it.")
@click.option("--note", "words", default="", help="How it was done, in words.")
@click.option("--name", help="What to call it [default: the file's name].")
@json_option
@facility_option
@click.pass_context
def command(
    ctx: click.Context, file: Path, parents: tuple[str, ...], relation: str, software: str,
    params: tuple[tuple[str, str], ...], words: str, name: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Bring in FILE (or a folder such as a .zspy), which was made elsewhere from datasets of the facility."""
    if file.is_dir():
        check_suffix(file.name)
    facility = open_facility(ctx)
    about: dict[str, Any] = {"params": {key: param_value(value) for key, value in params}, "software": software}
    made = facility.import_derived(
        file, name=name or file.name, parents=[id_of(facility, one) for one in parents], relation=relation,
        note=words, content_hash=hash_of(file), **about,
    )  # fmt: skip
    if as_json:
        print_json(made)
    else:
        print_facts((("id", made.id), ("name", made.name), ("run", ", ".join(made.made_by)), ("open", made.python)))
