"""What one kernel does, cell by cell; and the run that it is recorded as, from its first dataset or result on."""

import hashlib
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from lims.jupyter.kernel import surroundings
from lims.provenance.environment import describe, describe_loaded, generator_states, kernel_name
from lims.provenance.kernels import Cell, add
from lims.provenance.observing.inside import observer
from lims.provenance.observing.inside.recorder import Recorder
from lims.provenance.observing.inside.scope import Scope
from lims.provenance.observing.journal import Touched, read_journal
from lims.provenance.observing.verified import verified
from lims.provenance.run_folders import ENDED, ENVIRONMENT, HASHES, RunFolder, new_folder, runs_folder, start_closer

if TYPE_CHECKING:
    from lims.facility.facility import Facility

FIRST_CELL_S = 1.0
"""So long the first cell waits to learn where the facility's stores are."""
REST_S = 60.0
"""So long a facility that did not answer is left alone."""
MOST_HASHED = 512 << 20
"""A larger input from the working folder is told without its checksum: nobody waits for that after a cell."""


def facility_side() -> ModuleType:
    """The one place where the facility is imported: a second that nobody waits for who opens no dataset."""
    from lims.facility.running import interactive

    return interactive


class Recording:
    """cells: of this kernel, in order. run: "" as long as nothing was opened or saved. place: of the facility."""

    def __init__(self, cells: Iterable[Cell] = ()) -> None:
        self.cells = list(cells)
        self.folder = str(Path.cwd())
        self.name, self.kernel = surroundings.notebook_name(), kernel_name()
        self.random_start = generator_states()
        self.place = self.run = ""
        self.facility: Facility | None = None
        self.stores: list[dict[str, str]] = []
        self.is_watching = self.was_told = False
        self.process = os.getpid()
        self.busy = threading.RLock()
        self.asking: threading.Thread | None = None
        self.start_anew()

    def start_anew(self) -> None:
        """No run, and a folder of its own for the next one."""
        self.run, self.facility = "", None
        self.noted: set[str] = set()
        self.hashes: dict[str, str] = {}
        self.journalled = self.modules = 0
        self.resting_until = 0.0
        self.kept: RunFolder = new_folder()
        for cell in self.cells:
            add(self.kept, cell)
        if self.is_watching:
            self.watch(self.stores)

    # --- watching -------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Watch as soon as there is a facility; of one behind an address the stores are asked for meanwhile."""
        if self.is_watching:
            return
        self.place = surroundings.place()
        if not self.place:
            return
        self.is_watching = True
        if "://" in self.place:
            self.watch([])
            self.asking = threading.Thread(target=self.ask, name="lims-stores", daemon=True)
            self.asking.start()
        else:
            self.watch(surroundings.stores_at(self.place))

    def ask(self) -> None:
        stores = surroundings.stores_at(self.place)
        if not self.run:  # else the facility itself has told
            self.point(self.config(stores))

    def config(self, stores: list[dict[str, str]]) -> dict[str, Any]:
        self.stores = stores
        return {
            "journal": str(self.kept.journal),
            "roots": [*stores, *surroundings.work_root(self.folder, stores)],
            "leave_out": [*surroundings.left_out(self.place), str(runs_folder())],
            "hash_inputs": False,
        }

    def watch(self, stores: list[dict[str, str]]) -> None:
        """A second run in one kernel, or a second `%load_ext`, is another journal of the same observer."""
        config = self.config(stores)
        observer.install(config)
        gate = getattr(sys, observer.MARK)
        gate.recorder = Recorder(config)
        self.point(config)

    def point(self, config: dict[str, Any]) -> None:
        getattr(sys, observer.MARK).scope = Scope(config)

    def reads(self) -> list[Touched]:
        """Files of stores that were read and are not told yet."""
        if not self.is_watching:
            return []
        return [one for one in self.all_reads() if one.root_kind != "work" and one.path not in self.noted]

    def all_reads(self) -> tuple[Touched, ...]:
        return read_journal(self.kept.journal, ended=False).reads

    # --- cells ----------------------------------------------------------------------------------------------------

    def before_cell(self) -> None:
        with self.spared():
            self.look()
            if self.asking is not None:
                self.asking.join(FIRST_CELL_S)
                self.asking = None

    def after_cell(self, cell: Cell) -> None:
        with self.spared():
            self.cells.append(cell)
            add(self.kept, cell)
            if self.has_grown():
                self.note_reads()
                self.hash_inputs()
            if self.run and self.modules != len(sys.modules):
                self.modules = len(sys.modules)
                self.kept.write(ENVIRONMENT, {**self.kept.read(ENVIRONMENT), **describe_loaded()})

    def has_grown(self) -> bool:
        before, self.journalled = self.journalled, self.kept.journal.stat().st_size if self.is_watching else 0
        return before != self.journalled

    def note_reads(self) -> None:
        """Tell the facility which files of stores were read without lims.open; the first of them begins the run."""
        reads = self.reads()
        if not reads or time.monotonic() < self.resting_until:
            return
        side = facility_side()
        facility = self.facility or side.facility_here()
        self.begin(facility)
        for one in reads:
            side.record_read(facility, self.run, one.path)
            self.noted.add(one.path)

    def hash_inputs(self) -> None:
        """Of the working folder; one that was changed since it was opened has no checksum any more."""
        if not self.run:
            return
        new = [one for one in self.all_reads() if one.root_kind == "work" and one.path not in self.hashes]
        for one in new:
            self.hashes[one.path] = hash_as_read(one)
        if new:
            self.kept.write(HASHES, self.hashes)

    # --- the run --------------------------------------------------------------------------------------------------

    def is_ours(self, facility: "Facility") -> bool:
        """Whether this is the facility of this process, which the run is in; others are opened unrecorded."""
        place = surroundings.place()
        if not place or (self.run and place != self.place):
            return False
        folder, url = getattr(facility, "folder", None), getattr(facility, "url", "")
        if folder is not None:
            return str(folder) == place
        if "://" in place:
            return bool(url == place.rstrip("/"))
        return facility is self.facility or facility is facility_side().facility_here()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Without the run: what is done now is no part of it."""
        if os.environ.get("LIMS_RUN") == self.run and self.run:
            del os.environ["LIMS_RUN"]
        try:
            yield
        finally:
            if self.run:
                os.environ["LIMS_RUN"] = self.run

    def opened(self, facility: "Facility", ref: Any, during: Iterable[Touched]) -> None:
        """After lims.open, which has recorded it itself where the run had begun. during: what was read for it."""
        with self.spared():
            if not self.run:
                self.begin(facility)
                facility_side().record_read(facility, self.run, ref)
            self.noted.update(one.path for one in during)

    def saves(self, facility: "Facility") -> None:
        """Before lims.save: the run has to be there, and what it has read by now."""
        with self.spared():
            self.begin(facility)
            self.note_reads()

    def begin(self, facility: "Facility") -> None:
        with self.busy:
            if self.run:
                return
            self.look()
            side = facility_side()
            about = {"name": self.name, "folder": self.folder, "kernel": self.kernel,
                     "random_start": self.random_start}  # fmt: skip
            self.place = surroundings.place()
            self.run = side.begin(facility, self.place, self.kept, about)
            self.facility, self.journalled = facility, 0
            os.environ["LIMS_RUN"] = self.run
            told = side.observing(facility, self.folder, self.kept.journal)
            stores = [one for one in told["roots"] if one["kind"] != "work"]
            self.point(self.config(stores))

    # --- the end --------------------------------------------------------------------------------------------------

    def end(self) -> str:
        """Close the run now; the next dataset or result begins another one. Answers with a sentence."""
        if not self.run:
            return "There is no run to end."
        run, facility = self.run, self.facility
        said = f"{run} is closed. See it with: lims show {run}"
        self.leave()
        try:
            facility_side().close(facility, self.kept)
            self.kept.remove()
        except Exception as error:  # noqa: BLE001 — a front door; it is closed later from what is in the folder
            said = f"{run} could not be closed yet, and will be when a kernel starts the next time: {error}"
            self.kept.lock.close()
        self.start_anew()
        return said

    def leave(self) -> None:
        """Say in the kernel's folder that the run ended as it should."""
        if os.environ.get("LIMS_RUN") == self.run:
            del os.environ["LIMS_RUN"]
        environment = {**describe(), **describe_loaded(), "random_start": self.random_start}
        self.kept.write(ENDED, {"status": "done", "environment": environment})

    def kernel_ends(self) -> None:
        """The run is closed by a process of its own, which waits for the kernel's end: nobody waits for that."""
        if os.getpid() != self.process:
            return  # a fork of the kernel
        if not self.run:
            self.kept.remove()
            return
        self.leave()
        start_closer(self.kept.path)

    def stop(self) -> str:
        """Watch and record no longer."""
        said = self.end() if self.run else ""
        self.kept.remove()
        if self.is_watching:
            self.point({})
        return said

    @contextmanager
    def spared(self) -> Iterator[None]:
        """What goes wrong with the record is no error of the notebook. It is told once."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 — a front door
            self.resting_until = time.monotonic() + REST_S
            if not self.was_told:
                self.was_told = True
                sys.stderr.write(f"lims: what is done here cannot be recorded at the moment. {error}\n")


def hash_as_read(one: Touched) -> str:
    path = Path(one.path)
    try:
        now = path.stat()
    except OSError:
        return ""
    is_same = (now.st_size, now.st_mtime_ns) == (one.size, one.mtime_ns)
    if one.is_tree or not is_same or now.st_size > MOST_HASHED or not path.is_file():
        return ""
    return verified(path, digest)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
