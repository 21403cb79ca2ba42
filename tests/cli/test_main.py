"""The frame of the command line."""

import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from lims.cli.main import COMMANDS, Commands, told
from lims.cli.main import lims as group
from lims.errors import Conflict, Forbidden, Invalid, NotFound, PluginFailed, Unavailable
from tests.cli.conftest import Lims

NEEDS_NO_FACILITY = {"init", "extract", "extractors list", "extractors new", "extractors test"}
HEAVY = ("duckdb", "hyperspy", "papermill", "fastapi", "pydantic", "httpx", "numpy")


def every_command() -> list[tuple[str, click.Command]]:
    listed = []
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            listed += [(f"{name} {sub}", one) for sub, one in command.commands.items()]
        else:
            listed.append((name, command))
    return listed


def options(command: click.Command) -> set[str]:
    return {name for one in command.params for name in one.opts}


def test_every_command_in_the_table_exists_and_has_help() -> None:
    assert isinstance(group, Commands)
    for name, command in every_command():
        assert command.help, name
        assert command.help.strip().splitlines()[0].endswith("."), name


def test_every_command_takes_the_facility() -> None:
    missing = {name for name, one in every_command() if "--facility" not in options(one)}
    assert missing <= NEEDS_NO_FACILITY


def test_help_lists_every_command_and_costs_little() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    shown = subprocess.run(
        [sys.executable, "-m", "lims.cli.main", "--help"], check=True, capture_output=True, text=True
    ).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert all(f"  {name} " in shown for name in COMMANDS)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.3


def test_help_imports_nothing_heavy() -> None:
    asked = f"import sys, lims.cli.main; print([name for name in {HEAVY} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound("No such record.", hint="Look again."), 1),
        (Conflict("Taken.", hint="Look again."), 1),
        (Forbidden("Not yours.", hint="Look again."), 1),
        (PluginFailed("rosetta", "1", "a.dm3", "cut off", hint="Look again."), 1),
        (Invalid("Wrong.", hint="Look again."), 2),
        (Unavailable("Away.", hint="Look again."), 2),
    ],
)
def test_an_error_is_its_sentence_its_hint_and_its_code(
    error: Any, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(error) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [error.message, "Look again."]


def test_what_nobody_foresaw_is_two_sentences_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(ZeroDivisionError("division by zero")) == 2
    said = capsys.readouterr().err
    assert "division by zero" in said
    assert "Traceback" not in said


def test_a_name_with_a_newline_or_an_escape_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    told(NotFound("No file 'a\nb\x1b[2J.tif'."))
    assert capsys.readouterr().err == "No file 'a\\nb\\x1b[2J.tif'.\n"


@pytest.mark.parametrize("arguments", [["nosuch"], ["search", "--limit", "many"], ["show"], ["get", "dat-1"]])
def test_bad_usage_is_2(lims: Lims, arguments: list[str]) -> None:
    said = lims(*arguments)
    assert said.code == 2
    assert said.out == ""
    assert said.err


def test_a_reader_that_goes_away_is_no_failure(filled: Any) -> None:
    asked = (
        f"{sys.executable} -m lims.cli.main --facility '{filled[0]}' search --json | head -c 1; exit ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_file_that_cannot_be_written_is_a_sentence(there: Lims, tmp_path: Path, filled: Any) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    said = there("get", filled[1].dataset, "--to", str(blocked / "below"))
    assert said.code == 2
    assert "below" in said.err
