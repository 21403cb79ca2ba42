"""Where the command `lims` begins and ends: the table of commands, errors into sentences, exit codes.

0 done; 1 the answer is "no", or something is wrong with the data; 2 bad usage, or something is unavailable.
"""

import importlib
import logging
import os
import sys
import traceback
from typing import Any, NoReturn, cast

import click

from lims import __version__
from lims.cli.options import facility_option, is_debugging, is_interrupt, note, printable
from lims.errors import Conflict, Forbidden, LimsError, NotFound, PluginFailed

COMMANDS: dict[str, tuple[str, str]] = {
    # name: (module with the attribute `command`, help in one line)
    "init": ("lims.cli.init", "Make a facility in a folder; --demo adds sample data."),
    "up": ("lims.cli.up", "Start JupyterHub and the LIMS on this computer, for one person."),
    "serve": ("lims.cli.serve", "Run the service of a facility alone."),
    "session": ("lims.cli.session", "Log a session: start, note, pause, resume, end, edit, cancel, reopen, list."),
    "harvest": ("lims.cli.harvest", "Read what instruments have written, now."),
    "import": ("lims.cli.import_", "Bring an old project in: a folder, a zip or a tar."),
    "search": ("lims.cli.search", "Find records and datasets by what they are."),
    "fields": ("lims.cli.fields", "What can be asked for by name, with units and examples."),
    "searches": ("lims.cli.searches", "Keep searches under names, and hear of new datasets that match."),
    "sql": ("lims.cli.sql", "Ask one SELECT of what you may see."),
    "show": ("lims.cli.show", "Show one record, dataset, session, run or instrument."),
    "get": ("lims.cli.get", "Download datasets, checksums verified."),
    "extract": ("lims.cli.extract", "Read one microscope file; needs no facility."),
    "extractors": ("lims.cli.extractors", "Which readers there are; make, test and adopt them."),
    "correct": ("lims.cli.correct", "Correct what a file says of itself; what it said stays beside it."),
    "run": ("lims.cli.run", "Run a notebook and keep where its results came from."),
    "settle-run": ("lims.cli.settle_run", "Say which is right where what a run declared and what was seen disagree."),
    "import-derived": ("lims.cli.import_derived", "Bring in a result that was made elsewhere, and say how."),
    "replay": ("lims.cli.replay", "Run something again in a fresh place, and compare what comes out."),
    "rerun": ("lims.cli.rerun", "Bring results up to date whose inputs have changed; the old ones stay."),
    "mark": ("lims.cli.mark", "Warn of a dataset: what rests on it is stale."),
    "lineage": ("lims.cli.lineage", "Show where a result came from and what was made of it."),
    "export": ("lims.cli.export", "Write a result with its lineage for other programs: RO-Crate, PROV, Graphviz."),
    "attention": ("lims.cli.attention", "What a person has to settle: failed files, orphans, forgotten ends."),
    "settle": ("lims.cli.settle", "Decide about what waits for a person; take it back."),
    "clocks": ("lims.cli.clocks", "How far the instruments' clocks are off."),
    "catalog": ("lims.cli.catalog", "The shape that the catalog is in: look, verify its index, make it anew."),
    "demo-session": ("lims.cli.demo_session", "Play a live session in the demo facility."),
}
NO = (NotFound, Conflict, Forbidden, PluginFailed)
INTERRUPTED = 130


class Commands(click.Group):
    """A command's module is imported when the command runs, never for the list of commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return cast(click.Command, importlib.import_module(COMMANDS[cmd_name][0]).command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lims", message="%(prog)s %(version)s")
@facility_option
def lims() -> None:
    """Sessions, files, metadata and provenance of an electron-microscopy facility, inside Jupyter."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run one command and end the process."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character must not end a command.
        cast(Any, stream).reconfigure(errors="backslashreplace")
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """The exit code of one command; whatever goes wrong becomes a sentence on stderr."""
    try:
        answer = lims.main(args=arguments, prog_name="lims", standalone_mode=False)
        return answer if isinstance(answer, int) else 0
    except BrokenPipeError:
        # Whoever read our output went away (`lims search … | head`); Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  (a front door)
        if is_debugging():
            traceback.print_exception(error)
        return told(error)


def told(error: BaseException) -> int:
    """Say what went wrong, which thing, and what to do next; answers with the exit code."""
    match error:
        case _ if isinstance(error, click.Abort) or is_interrupt(error):
            note("Stopped.")
            return INTERRUPTED
        case click.ClickException():
            error.show()
        case LimsError():
            note(printable(error.message))
            if error.hint:
                note(printable(error.hint))
            return 1 if isinstance(error, NO) else 2
        case OSError():
            note(printable(f"{error.filename or 'The system'}: {error.strerror or error}."))
        case _:
            note(printable(f"lims failed in a way nobody foresaw: {type(error).__name__}: {error}"))
            note("Please report it, with what the same command prints after: export LIMS_DEBUG=1")
    return 2


if __name__ == "__main__":
    main()
