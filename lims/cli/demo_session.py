"""lims demo-session: play a live session in the demo facility."""

import os
from pathlib import Path

import click

from lims.cli.options import facility_option, facility_place, note, printable
from lims.demo.play import PROGRAMMES, Player
from lims.errors import Invalid
from lims.facility.connect import connect

DEMO = Path("demo-facility")


@click.command("demo-session")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option("--instrument", type=click.Choice(sorted(PROGRAMMES)), default="titan", show_default=True)
@click.option("--seconds", type=click.FloatRange(min=0), default=60.0, show_default=True, help="How long it takes.")
@click.option("--end", "is_ended", is_flag=True, help="End the session afterwards; otherwise it stays open.")
@facility_option
@click.pass_context
def command(ctx: click.Context, folder: Path | None, instrument: str, seconds: float, is_ended: bool) -> None:
    """Let an instrument of the demo facility in FOLDER write files for a minute, while the LIMS runs.

    They go to the session that is open on the instrument; without one, a session is started.
    """
    home = demo_folder(folder, facility_place(ctx))
    facility = connect(home)
    ctx.call_on_close(facility.close)
    player = Player(facility, home, instrument, note)
    session = player.session()
    written = player.play(session, seconds)
    if is_ended:
        facility.end_session(session.id)
    facility.harvest(session=session.id)
    click.echo(f"{len(written)} files for session {session.id}.")
    if not is_ended:
        note(f"It is still open. End it in the form, or with: lims session end {printable(session.id)}")


def demo_folder(folder: Path | None, place: str | None) -> Path:
    """As `lims up` chooses: what was named, else $LIMS_FACILITY, else this folder if it is one, else the demo's."""
    chosen = str(folder or place or os.environ.get("LIMS_FACILITY") or "")
    if "://" in chosen:
        raise Invalid(f"{chosen} is an address; files can only be written into a folder.", hint="lims demo-session DIR")
    if not chosen:
        chosen = "." if Path("facility.toml").is_file() else str(DEMO)
    return Path(chosen).expanduser().resolve()
