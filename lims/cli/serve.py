"""`lims serve`: the service alone."""

import os
import sys
from pathlib import Path

import click

from lims.cli.options import facility_option, facility_place
from lims.errors import Invalid, NoFacility


@click.command("serve")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@facility_option
@click.pass_context
def command(ctx: click.Context, folder: Path | None) -> None:
    """Run the service of the facility in FOLDER until Ctrl-C.

    Local tools find it by its socket. JupyterHub starts it by itself: see `lims up`.
    """
    home = local_folder(folder, facility_place(ctx))
    # The same process, so that signals and exit code are the service's own.
    os.execv(sys.executable, [sys.executable, "-m", "lims.service", str(home)])


def local_folder(folder: Path | None, place: str | None) -> Path:
    """Raises Invalid for an address, NoFacility where there is none."""
    chosen = str(folder or place or os.environ.get("LIMS_FACILITY") or Path.cwd())
    if "://" in chosen:
        raise Invalid(f"{chosen} is an address; a service needs the facility's folder.", hint="lims serve DIR")
    home = Path(chosen).expanduser().resolve()
    if not (home / "facility.toml").is_file():
        raise NoFacility(str(home))
    return home
