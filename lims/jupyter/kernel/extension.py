"""What IPython calls: load and unload, the events of cells, and the magic %lims_run."""

import atexit
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from lims.jupyter.kernel.recording import Recording
from lims.jupyter.kernel.surroundings import place, why_not
from lims.provenance.kernels import Cell
from lims.provenance.observing.inside.loading import when_loaded
from lims.provenance.run_folders import left_folders, start_closer

MAGIC = "lims_run"
NO_FACILITY = "Nothing is recorded: there is no facility here. Set LIMS_FACILITY, or work in a facility's folder."
NOTHING_YET = "Nothing is recorded yet: a run begins with the first dataset that is opened, or result that is saved."
LONGEST = 2000


class Active:
    """The recording of this process, which the functions that open and save are told of; none after %unload_ext."""

    recording: Recording | None = None
    is_wrapped = False


def load(shell: Any) -> None:
    """From now on what the kernel does is recorded, where it is one that a person works in."""
    reason = why_not()
    shell.register_magic_function(magic(reason), magic_name=MAGIC)
    if reason or Active.recording is not None:
        return
    try:
        left = sum(1 for _ in left_folders())
        recording = Active.recording = Recording(earlier(shell))
    except OSError as error:
        say(f"Nothing is recorded: there is no place to remember it. {error}")
        return
    if left:
        start_closer()
    with recording.spared():
        recording.look()
    wrap_facility()
    listener = Listener(recording)
    shell.events.register("pre_run_cell", listener.before)
    shell.events.register("post_run_cell", listener.after)
    shell.lims_listener = listener
    atexit.register(recording.kernel_ends)


def unload(shell: Any) -> None:
    recording, Active.recording = Active.recording, None
    if recording is None:
        return
    shell.events.unregister("pre_run_cell", shell.lims_listener.before)
    shell.events.unregister("post_run_cell", shell.lims_listener.after)
    del shell.lims_listener
    atexit.unregister(recording.kernel_ends)
    say(recording.stop())


class Listener:
    """Cells as IPython runs them. Those that the front end runs for itself, silently, are none."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording

    def before(self, info: Any) -> None:
        self.recording.before_cell()

    def after(self, result: Any) -> None:
        info = result.info
        if info is None or not info.store_history or info.silent:
            return
        error = result.error_before_exec or result.error_in_exec
        self.recording.after_cell(Cell(info.raw_cell, result.execution_count or 0, told(error)))


def told(error: BaseException | None) -> tuple[str, str]:
    if error is None:
        return ("", "")
    try:
        return type(error).__name__, str(error)[:LONGEST]
    except Exception:  # noqa: BLE001 — whatever an error of somebody's own does
        return type(error).__name__, ""


def earlier(shell: Any) -> list[Cell]:
    """The cells that ran before the one with `%load_ext`; which of them failed nobody knows any more."""
    history = shell.history_manager.input_hist_raw[:-1]
    return [Cell(source, count) for count, source in enumerate(history) if source.strip()]


# --- the magic -----------------------------------------------------------------------------------------------------


def magic(reason: str) -> Callable[[str], None]:
    def lims_run(line: str) -> None:
        """%lims_run: what is recorded of this kernel. %lims_run end: close its run; the next one begins by itself."""
        recording, word = Active.recording, line.strip()
        if word not in ("", "end"):
            say(f"There is no %lims_run {word}. Use %lims_run or %lims_run end.")
        elif recording is None:
            say(reason or "Nothing is recorded: begin with %load_ext lims")
        else:
            say(recording.end() if word == "end" else status(recording))

    return lims_run


def status(recording: Recording) -> str:
    if recording.run:
        return f"Recorded as {recording.run}, {len(recording.cells)} cells by now. Close it with: %lims_run end"
    return NOTHING_YET if place() else NO_FACILITY


def say(sentence: str) -> None:
    if sentence:
        sys.stdout.write(sentence + "\n")


# --- lims.open and lims.save ---------------------------------------------------------------------------------------


def wrap_facility() -> None:
    """The functions behind them tell the recording first, from when they are imported on."""
    if Active.is_wrapped:
        return
    Active.is_wrapped = True
    when_loaded({"lims.facility.opening": wrap_opening, "lims.facility.workbench": wrap_workbench})


def wrap_opening(module: Any) -> None:
    if not hasattr(module.open_dataset, "__wrapped__"):
        module.open_dataset = opening(module.open_dataset)


def wrap_workbench(module: Any) -> None:
    wrap_opening(module)  # it has the function under its own name, too
    module.save_dataset = saving(module.save_dataset)


def opening(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def open_dataset(facility: Any, ref: Any, *args: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        with ours(facility) as recording:
            if recording is None:
                return function(facility, ref, *args, **options)
            before = {one.path for one in recording.reads()}
            opened = function(facility, ref, *args, **options)
            recording.opened(facility, ref, [one for one in recording.reads() if one.path not in before])
            return opened

    return open_dataset


def saving(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def save_dataset(facility: Any, *args: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        with ours(facility) as recording:
            if recording is not None:
                recording.saves(facility)
            return function(facility, *args, **options)

    return save_dataset


@contextmanager
def ours(facility: Any) -> Iterator[Recording | None]:
    """The recording where this facility is the one that it is in; in others the run is not known."""
    recording = Active.recording
    if recording is None or recording.is_ours(facility):
        yield recording
        return
    with recording.aside():
        yield None
