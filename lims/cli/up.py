"""`lims up`: JupyterHub, its proxy and the LIMS on this computer, for one person."""

import fcntl
import os
import signal
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from lims.access.one_person import check_loopback
from lims.cli.hub import start_both, stop_hub, wait_until_up
from lims.cli.laptop import Laptop, marker, prepare, running
from lims.cli.leftovers import end_leftovers
from lims.cli.options import facility_option, facility_place, note
from lims.errors import Conflict, Invalid, Unavailable
from lims.settings import Settings, load_settings

DEMO = "demo-facility"


@click.command("up")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Of 127.0.0.1.")
@click.option("--ip", default="127.0.0.1", help="Only this computer's own addresses are accepted.", hidden=True)
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="More for JupyterHub.")
@facility_option
@click.pass_context
def command(ctx: click.Context, folder: Path | None, port: int, ip: str, no_browser: bool, config: Path | None) -> int:
    """Start JupyterHub and the LIMS for the facility in FOLDER; Ctrl-C stops all of it.

    Without FOLDER it is this folder, if it is a facility, else ./demo-facility, made where it is not there.
    """
    check_loopback(ip)
    home = chosen_folder(folder, facility_place(ctx))
    settings = facility_at(home)
    with only_one(home) as first:
        if not first:
            welcome(running(home), "The LIMS is already running for")
            return 0
        return run(settings, port, config, browser=not no_browser)


def chosen_folder(folder: Path | None, place: str | None) -> Path:
    chosen = str(folder or place or os.environ.get("LIMS_FACILITY") or "")
    if "://" in chosen:
        raise Invalid(f"{chosen} is an address; `lims up` needs the facility's folder.", hint="lims up DIR")
    if not chosen:
        chosen = "." if Path("facility.toml").is_file() else DEMO
    return Path(chosen).expanduser().resolve()


def facility_at(home: Path) -> Settings:
    """The facility there, or a new demo one. Raises Conflict for a folder that holds something else."""
    if not (home / "facility.toml").is_file():
        is_begun = (home / ".unfinished").is_dir()  # by a `lims init` that was killed; it starts over
        if home.exists() and not is_begun and (not home.is_dir() or any(home.iterdir())):
            raise Conflict(f"{home} is not a facility and not empty.", hint="Make one with: lims init DIR --demo")
        note(f"There is no facility at {home} yet: making one with demonstration data.")
        made = subprocess.run([sys.executable, "-m", "lims.cli.main", "init", str(home), "--demo"], check=False)
        if made.returncode:
            raise Unavailable("The demonstration facility could not be made.", hint="See above for why.")
    return load_settings(home)


@contextmanager
def only_one(home: Path) -> Iterator[bool]:
    """Whether we are the only `lims up` of this facility. The lock ends with its holder, however that ends."""
    run_folder = home / "run"
    run_folder.mkdir(mode=0o700, exist_ok=True)
    with (run_folder / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


def run(settings: Settings, port: int, config: Path | None, *, browser: bool) -> int:
    """Until asked to stop, or until the Hub ends by itself."""
    mark = marker(settings.folder)
    if mark.exists() and end_leftovers(mark):  # after an orderly end it is gone
        note("Cleared up what an earlier start had left running.")
    check_not_served(settings.folder)
    laptop = prepare(settings, port, config)
    started = None
    with stopped_by_signals():
        try:
            started = start_both(laptop)
            wait_until_up(started)
            welcome(laptop, "The LIMS is running for")
            if browser:
                webbrowser.open(laptop.address)
            code = started.hub.wait()
            raise Unavailable(f"JupyterHub ended by itself (code {code}).", hint=f"What it said is in {laptop.log}.")
        except Stopped:
            note("Stopping …")
            return 0
        finally:
            if started is not None:
                stop_hub(started.hub)
            end_leftovers(mark)
            mark.unlink(missing_ok=True)


def check_not_served(home: Path) -> None:
    """Raises Unavailable where another process has the catalog, such as the service of a plain JupyterLab."""
    with (home / "run" / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            pid = lock.read().strip() or "unknown"
            raise Unavailable(
                f"The facility at {home} is in use by process {pid}.", hint="Stop that one first."
            ) from error


class Stopped(BaseException):
    """Somebody asked us to stop."""


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal raise Stopped, once: stopping itself is not interrupted.

    A closed terminal does not where that is ignored already (`nohup`). An interrupt always does, though a shell's
    script starts what it puts into the background with it ignored: who sends one means it.
    """
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(_: int, __: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise Stopped

    heard = numbers[:2] if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else numbers
    before = {number: signal.signal(number, stop) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def welcome(laptop: Laptop, opening: str) -> None:
    click.echo(f"{opening} {laptop.folder}\n")
    click.echo(f"    {laptop.address}\n")
    click.echo(f"Sign in as {laptop.user} with the password {laptop.password}")
    click.echo("Ctrl-C stops it.")
