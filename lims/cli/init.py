"""lims init: make a facility in a folder."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from lims.access import login_name
from lims.cli.frame import print_json
from lims.cli.options import json_option, note, printable
from lims.errors import Conflict, Invalid
from lims.settings.template import facility_toml, timezone_here

UNFINISHED = ".unfinished"
"""A facility is made in this folder inside its own, and comes out when it is whole: facility.toml last."""
OURS = {
    UNFINISHED, "ABOUT.txt", "catalog", "derived", "extensions", "imported", "logs", "microscopes", "previews", "run",
}  # fmt: skip


@click.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--demo", is_flag=True, help="With five instruments and five months of sample sessions; about 30 s.")
@click.option("--name", help="What the facility is called [default: the folder's name].")
@click.option("--timezone", help="IANA name, such as Europe/Berlin [default: this computer's].")
@json_option
def command(folder: Path, demo: bool, name: str | None, timezone: str | None, as_json: bool) -> None:
    """Make a facility in FOLDER, which must be new or empty."""
    if demo and (name or timezone):
        raise click.UsageError("The demo has its own name and time zone: leave out --name and --timezone.")
    with making(folder) as inside:
        made = make_demo_facility(inside) if demo else make_facility(inside, name or folder.resolve().name, timezone)
    made["facility"] = str(folder.resolve())
    if as_json:
        print_json(made)
        return
    click.echo(f"Facility {printable(made['name'])} is ready in {printable(folder)}.")
    if not demo:
        note(f"Name your stores and instruments in {printable(folder / 'facility.toml')}, then: lims up")


@contextmanager
def making(folder: Path) -> Iterator[Path]:
    """A folder to make the facility in; nothing is left of one that could not be made. Raises Conflict, Invalid."""
    check_free(folder)
    was_there = folder.is_dir()
    inside = folder / UNFINISHED
    inside.mkdir(parents=True)
    try:
        yield inside
        for one in sorted(inside.iterdir(), key=lambda one: one.name == "facility.toml"):
            one.rename(folder / one.name)
    except BaseException:
        clear(folder)
        if not was_there:
            folder.rmdir()
        raise
    inside.rmdir()


def check_free(folder: Path) -> None:
    found = {one.name for one in folder.iterdir()} if folder.is_dir() else set()
    if "facility.toml" in found:
        raise Conflict(f"There is already a facility in {folder}.", hint=f"Start it with: lims up --facility {folder}")
    if UNFINISHED in found and found <= OURS:
        note(f"Starting over: the last lims init in {printable(folder)} did not finish.")
        clear(folder)
    elif found:
        raise Invalid(f"{folder} is not empty and not a facility.", hint="Name a new folder, or an empty one.")


def clear(folder: Path) -> None:
    for one in folder.iterdir():
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink()


def make_facility(folder: Path, name: str, timezone: str | None) -> dict[str, object]:
    from lims.facility.local import LocalFacility  # only this needs the catalog

    text = facility_toml(name, timezone or timezone_here(), [login_name()])
    (folder / "facility.toml").write_text(text, encoding="utf-8")
    LocalFacility(folder).close()
    return {"name": name}


def make_demo_facility(folder: Path) -> dict[str, object]:
    from lims.demo.make import make_demo  # only this needs the readers and the catalog

    began = time.monotonic()
    made = make_demo(folder, say=lambda text: note(f"demo: {text}"))
    return {
        "name": "Demo facility",
        "sessions": made.sessions,
        "files": made.files,
        "seconds": round(time.monotonic() - began, 1),
        "harvest": made.harvest,
    }
