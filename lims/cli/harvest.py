"""`lims harvest`: read what instruments have written, now."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lims.cli.frame import (
    facility_option,
    json_option,
    note,
    open_facility,
    print_facts,
    print_json,
    print_table,
    printable,
)
from lims.errors import LimsError
from lims.facility.facility import Facility

T = TypeVar("T")
LOOK_EVERY_S = 0.2
COUNTS = ("seen", "registered", "changed", "moved", "missing", "extracted", "previews", "orphans", "seconds")


@click.command("harvest")
@click.argument("path", required=False)
@click.option("--session", metavar="ID", help="Only the files of this session.")
@click.option("--all", "everything", is_flag=True, help="Every store of every instrument: the default.")
@click.option("--workers", type=click.IntRange(1, 64), help="Files read at the same time [default: facility.toml].")
@click.option("--status", "only_status", is_flag=True, help="Say what the harvest is doing, and do nothing.")
@json_option
@facility_option
@click.pass_context
def command(
    ctx: click.Context, path: str | None, session: str | None, everything: bool, workers: int | None,
    only_status: bool, as_json: bool,
) -> None:
    """Read what instruments have written: PATH in a store (or STORE:KEY), one session's files, or everything.

    Files that cannot be read are listed and cost nothing else: the command still succeeds.
    """
    if sum((path is not None, session is not None, everything)) > 1:
        raise click.UsageError("Give a PATH, or --session, or --all: one of them.")
    facility = open_facility(ctx)
    if only_status:
        print_status(facility.harvest_status(), as_json=as_json)
        return
    what = {"path": absolute(path), "session": session, "all": everything, "workers": workers}
    report = harvest(facility, {name: value for name, value in what.items() if value})
    if as_json:
        print_json(report)
    else:
        print_report(report)


def absolute(path: str | None) -> str | None:
    """STORE:KEY stays; a path of this machine is made absolute, as the service has another working directory."""
    if path is None or (":" in path and not Path(path).exists()):
        return path
    return str(Path(path).absolute())


def harvest(facility: Facility, what: dict[str, Any]) -> dict[str, Any]:
    return with_progress(facility, lambda: facility.harvest(**what))


def with_progress(facility: Facility, job: Callable[[], T]) -> T:
    """Do something that reads many files, and show how far it is while it runs, here or in the service."""
    with bar() as progress:
        answer, thread = in_background(job)
        task = progress.add_task("looking", total=None)
        while not wait([answer], LOOK_EVERY_S).done:
            show(progress, task, facility)
        thread.join()  # it still lets go of its connection; an interpreter that ended meanwhile would abort
        return answer.result()


def in_background(job: Callable[[], T]) -> "tuple[Future[T], threading.Thread]":
    """In a thread that nobody waits for, unlike an executor's: Ctrl-C ends the command at once."""
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(job())
        except BaseException as error:  # noqa: BLE001 — raised where the answer is awaited
            answer.set_exception(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return answer, thread


def show(progress: Progress, task: Any, facility: Facility) -> None:
    try:
        state = facility.harvest_status()
    except LimsError:
        return  # the bar stands still; the pass itself will say what is wrong
    doing = printable(str(state.get("doing", "")).rpartition("/")[2])[:40] or "looking"
    progress.update(task, completed=state.get("done", 0), total=state.get("total") or None, description=doing)


@contextmanager
def bar() -> Iterator[Progress]:
    """On stderr, and only where somebody looks at it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress


def print_report(report: dict[str, Any]) -> None:
    print_facts([(name, report[name]) for name in COUNTS] + [("records", ", ".join(report["records"]))])
    for key in report["waiting"]:
        click.echo(f"still growing: {printable(key)}")
    for sentence in report["unavailable"]:
        note(printable(sentence))
    print_failed(report["failed"])


def print_failed(failed: list[dict[str, Any]]) -> None:
    if failed:
        click.echo(f"\n{len(failed)} failed:")
        print_table(("file", "step", "reason"), [(one["key"], one["step"], one["reason"]) for one in failed])


def print_status(status: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(status)
        return
    print_facts((name.replace("_", " "), words(value)) for name, value in status.items())


def words(value: object) -> object:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
