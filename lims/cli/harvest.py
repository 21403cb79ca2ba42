"""`lims harvest`: read what instruments have written, now."""

import contextlib
import signal
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from lims.cli.frame import (
    facility_option,
    human_bytes,
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
from lims.settings import MOST_WORKERS
from lims.stores.keys import key_of_name

T = TypeVar("T")
LOOK_EVERY_S = 0.2
INTERRUPTED = 130
MOST_NAMED = 5
IN_PROGRESS = ("done", "total", "doing", "bytes_done", "bytes_total", "files_per_s", "bytes_per_s", "remaining_s")
COUNTS = (
    "seen", "ignored", "junk", "unclaimed", "registered", "changed", "moved", "missing", "extracted", "previews",
    "orphans", "seconds",
)
workers_option = click.option(
    "--workers", type=click.IntRange(1, MOST_WORKERS), help="Files read at the same time [default: facility.toml]."
)


@click.command("harvest")
@click.argument("path", required=False)
@click.option("--session", metavar="ID", help="Only the files of this session.")
@click.option("--all", "everything", is_flag=True, help="Every store of every instrument: the default.")
@workers_option
@click.option("--status", "only_status", is_flag=True, help="Say what the harvest is doing, and do nothing.")
@click.option("--cancel", "only_cancel", is_flag=True, help="End every harvest under way after the files at hand.")
@json_option
@facility_option
@click.pass_context
def command(
    ctx: click.Context, path: str | None, session: str | None, everything: bool, workers: int | None,
    only_status: bool, only_cancel: bool, as_json: bool,
) -> int:
    """Read what instruments have written: PATH in a store (or STORE:KEY), one session's files, or everything.

    Files that cannot be read are listed and cost nothing else: the command still succeeds. Ctrl-C ends the harvest, in
    the service too; what was read is kept, and the next one takes up the rest.
    """
    if sum((path is not None, session is not None, everything)) > 1:
        raise click.UsageError("Give a PATH, or --session, or --all: one of them.")
    if only_status and only_cancel:
        raise click.UsageError("Give --status or --cancel: one of them.")
    facility = open_facility(ctx)
    if only_status:
        print_status(facility.harvest_status(), as_json=as_json)
        return 0
    if only_cancel:
        print_cancelled(facility.cancel_harvest(), as_json=as_json)
        return 0
    what = {"path": absolute(path), "session": session, "all": everything, "workers": workers}
    report = harvest(facility, {name: value for name, value in what.items() if value})
    if as_json:
        print_json(report)
    else:
        print_report(report)
    return INTERRUPTED if report["cancelled"] else 0


def absolute(path: str | None) -> str | None:
    """STORE:KEY stays; a path of this machine is made absolute, as the service has another working directory.

    Written as a key is, for a name may be made of bytes that no JSON can hold.
    """
    if path is None:
        return None
    is_key = ":" in path and not Path(path).exists()
    return key_of_name(path if is_key else str(Path(path).absolute()))


def harvest(facility: Facility, what: dict[str, Any]) -> dict[str, Any]:
    ticket = uuid.uuid4().hex
    job = lambda: facility.harvest(**what, ticket=ticket)  # noqa: E731
    return with_progress(facility, job, lambda: facility.cancel_harvest(ticket))


def with_progress(
    facility: Facility, job: Callable[[], T], cancel: Callable[[], int] | None = None
) -> T:
    """Do something that reads many files, and show how far it is while it runs, here or in the service.

    cancel: how to end it at Ctrl-C; then its answer is waited for all the same, until Ctrl-C comes again.
    """
    with bar() as progress, heard_once(cancel is not None) as is_enough:
        answer, thread = in_background(job)
        tasks = progress.add_task("looking", total=None, told=""), progress.add_task("", visible=False, told="")
        while not is_enough.is_set() and not wait([answer], LOOK_EVERY_S).done:
            show(progress, tasks, facility)
        if cancel is not None and is_enough.is_set():
            note("It ends after the files at hand (Ctrl-C again: without waiting for them).")
            end(answer, cancel)
        thread.join()  # it still lets go of its connection; an interpreter that ended meanwhile would abort
        return answer.result()


@contextmanager
def heard_once(wanted: bool) -> Iterator[threading.Event]:
    """Ctrl-C sets the event the first time; the second interrupts as ever.

    An interrupt would make DuckDB, which answers what is asked for the bar, fail in words of its own.
    """
    heard, before = threading.Event(), signal.getsignal(signal.SIGINT)

    def hear(*_: object) -> None:
        heard.set()
        signal.signal(signal.SIGINT, before)

    if wanted:
        signal.signal(signal.SIGINT, hear)
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, before)


def end(answer: "Future[T]", cancel: Callable[[], int]) -> None:
    """Again and again, as the request itself may still be on its way."""
    while not answer.done():
        with contextlib.suppress(LimsError):
            cancel()
        wait([answer], LOOK_EVERY_S)


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


def show(progress: Progress, tasks: "tuple[TaskID, TaskID]", facility: Facility) -> None:
    """The pass in one line; below it the large file that is hashed beside it."""
    try:
        state = facility.harvest_status()
    except LimsError:
        return  # the bar stands still; the pass itself will say what is wrong
    doing, total = short(state.get("doing", "")) or "looking", state.get("total") or None
    progress.update(tasks[0], completed=state.get("done", 0), total=total, description=doing, told=pace_of(state))
    large = next(iter(state.get("hashing", ())), None)
    if large is None:
        progress.update(tasks[1], visible=False)
    else:
        name, told = f"hashing {short(large['key'])}", hashing_of(large)
        progress.update(
            tasks[1], visible=True, completed=large["bytes_done"], total=large["bytes"], description=name, told=told
        )


def short(key: str) -> str:
    return printable(str(key).rpartition("/")[2])[:40]


def pace_of(state: dict[str, Any]) -> str:
    """How far a pass is: "12 of 30 files, 1.2 of 3.0 GB, 20 files/s, 80.0 MB/s, 0:01:10 left"."""
    if not state.get("total"):
        return ""
    told = [f"{state['done']} of {state['total']} files"]
    if state.get("bytes_total"):
        told.append(f"{human_bytes(state['bytes_done'])} of {human_bytes(state['bytes_total'])}")
    if state.get("files_per_s"):
        told += [f"{state['files_per_s']:.3g} files/s", f"{human_bytes(state['bytes_per_s'])}/s"]
    return ", ".join((*told, *left(state.get("remaining_s"))))


def hashing_of(large: dict[str, Any]) -> str:
    told = [f"{human_bytes(large['bytes_done'])} of {human_bytes(large['bytes'])}"]
    if large["bytes_per_s"]:
        told.append(f"{human_bytes(large['bytes_per_s'])}/s")
    return ", ".join((*told, *left(large["remaining_s"])))


def left(seconds: float | None) -> list[str]:
    return [] if seconds is None else [f"{timedelta(seconds=round(seconds))} left"]


@contextmanager
def bar() -> Iterator[Progress]:
    """On stderr, and only where somebody looks at it."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[told]}"))
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress


def print_cancelled(ended: int, *, as_json: bool) -> None:
    if as_json:
        print_json({"cancelled": ended})
    else:
        one = "1 harvest ends" if ended == 1 else f"{ended} harvests end"
        click.echo(f"{one} after the files at hand." if ended else "No harvest is under way.")


def print_report(report: dict[str, Any]) -> None:
    if report["cancelled"]:
        click.echo(f"Cancelled: {report['left']} datasets are left to the next harvest.")
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
    told = {name: value for name, value in status.items() if name not in (*IN_PROGRESS, "hashing", "steps")}
    steps = ((f"step {name}", in_states(counts)) for name, counts in status["steps"].items())
    listed = ((name.replace("_", " "), words(told[name])) for name in told)
    print_facts([("progress", pace_of(status)), *listed, *steps])
    for large in status["hashing"]:
        click.echo(f"hashing {printable(large['key'])}: {hashing_of(large)}")


def in_states(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {state}" for state, count in counts.items())


def words(value: object) -> object:
    if isinstance(value, list):
        said = [growing(one) if isinstance(one, dict) else printable(str(one)) for one in value[:MOST_NAMED]]
        rest = len(value) - len(said)
        return ", ".join(said) + (f" and {rest:,} more" if rest else "")
    if isinstance(value, dict):
        return ", ".join(f"{place} by {how}" for place, how in value.items())
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def growing(one: dict[str, Any]) -> str:
    rate = f"{one['bytes'] / 1e6:.1f} MB, {one['bytes_per_s'] / 1e6:.2f} MB/s"
    return f"{printable(one['key'])} ({rate}, since {one['since']:.19}: {one['why']})"
