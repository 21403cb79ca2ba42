"""`lims get`: datasets as files on this machine, checksums verified."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from lims.cli.frame import facility_option, human_bytes, json_option, note, open_facility, print_json, printable
from lims.errors import Conflict, NotFound
from lims.facility.facility import Facility
from lims.facility.local_files import download, file_hash, folder_of, layout
from lims.facility.views import Location, RecordView, Tile


@dataclass(frozen=True)
class Got:
    """verified: its SHA-256 is the registered one; False where none is registered yet."""

    id: str
    key: str
    path: str
    bytes: int
    verified: bool


@dataclass(frozen=True)
class Missed:
    id: str
    name: str
    reason: str


@click.command("get")
@click.argument("things", nargs=-1, required=True, metavar="ID…")
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), required=True, help="A folder.")
@json_option
@facility_option
@click.pass_context
def command(ctx: click.Context, things: tuple[str, ...], folder: Path, as_json: bool) -> None:
    """Download datasets, or all datasets of a record, whose folders are kept.

    A file that is there already is never overwritten.
    """
    facility = open_facility(ctx)
    wanted: dict[Location, str] = {}
    missed: list[Missed] = []
    for thing in things:
        locations = located(facility, thing, missed)
        wanted |= {one: inner for one, inner in laid_out(locations).items() if one not in wanted}
    got: list[Got] = []
    for location, inner in wanted.items():
        try:
            got += get(facility, location, folder / inner)
        except (NotFound, Conflict) as error:
            missed.append(Missed(location.id, location.name, str(error)))
    if as_json:
        print_json({"files": got, "missed": missed})
    else:
        print_got(got, missed)
    if missed:
        ctx.exit(1)


def located(facility: Facility, thing: str, missed: list[Missed]) -> list[Location]:
    """Where the datasets are; of a record's, one that is not there any more costs only itself."""
    if not thing.startswith("rec-"):
        return [facility.location(thing)]
    found = []
    for tile in tiles_of(facility.record(thing)):
        try:
            found.append(facility.location(tile.id))
        except NotFound as error:
            missed.append(Missed(tile.id, tile.name, str(error)))
    return found


def print_got(got: list[Got], missed: list[Missed]) -> None:
    for one in got:
        click.echo(printable(one.path))
    unverified = sum(not one.verified for one in got)
    note(f"{len(got)} files, {human_bytes(sum(one.bytes for one in got))}")
    if unverified:
        note(f"{unverified} of them have no checksum to compare with yet.")
    for lost in missed:
        note(f"not brought: {printable(lost.reason)}")


def tiles_of(record: RecordView) -> list[Tile]:
    return [*(tile for activity in record.activities for tile in activity.datasets), *record.unplaced]


def laid_out(locations: list[Location]) -> dict[Location, str]:
    """In which folder the files of each go: as they lie in the store, from the innermost folder common to all on."""
    folders = {one: folder_of(layout(one)) for one in locations}
    common = folder_of(f"{folder}/-" for folder in folders.values())
    return {one: os.path.relpath(folder or ".", common or ".") for one, folder in folders.items()}


def get(facility: Facility, location: Location, folder: Path) -> list[Got]:
    """Beside the target first, so that a file appears whole or not at all. Raises Conflict for another's name."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".lims-get-", dir=folder) as staging:
        arrived = Path(staging) / location.id
        download(facility, location, arrived)
        got = []
        for key, relative in layout(location).items():
            source, target = arrived / relative, folder / relative
            if source.is_dir():
                continue
            place(source, target)
            verified = location.sha256 is not None
            got.append(Got(location.id, key, str(target), target.stat().st_size, verified))
        return got


def place(source: Path, target: Path) -> None:
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, target)
        target.chmod(target.stat().st_mode | 0o200)  # a copy is its owner's to change
    elif not target.is_file() or file_hash(target) != file_hash(source):
        raise Conflict(f"{target} is there already and is another file.", hint="Choose another folder: --to DIR")
