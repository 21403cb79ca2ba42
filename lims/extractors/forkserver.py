"""The process that has every reader loaded and forks one child per file.

python -m lims.extractors.forkserver FOLDER [READER…]

FOLDER is for the scratch folders of its children, and is removed with them. READER: module:object of each extractor
that may be asked; without any, all that are installed.

It has one thread, because only then is a fork safe. Its standard input is a Unix socket; each message on it is one job
(its length, then JSON) and brings two descriptors. The child writes its outcome to the first. When the child is dead,
the server writes to the second why there is no outcome ("" where there is one) and what the child has cost, as JSON.
When the socket closes, everything ends.
"""

import contextlib
import gc
import importlib
import json
import os
import selectors
import shutil
import signal
import socket
import struct
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lims.extractors.child import TICK_S, Watched, cost_of, start
from lims.extractors.extract import extract_file
from lims.extractors.fence.grounds import libraries
from lims.extractors.outcome import Limits, Outcome, PreviewTarget
from lims.extractors.rosetta.complaints import listening
from lims.plugins import EXTRACTORS, Extractor, extractors, load

LENGTH = struct.Struct("!I")
SPECTRUM = """#FORMAT: EMSA/MAS Spectral Data File
#VERSION: 1.0
#TITLE: rehearsal
#DATE: 01-OCT-1991
#TIME: 12:00
#NPOINTS: 4.
#NCOLUMNS: 1.
#XUNITS: eV
#YUNITS: counts
#DATATYPE: Y
#XPERCHAN: 1.
#OFFSET: 0.
#SIGNALTYPE: ELS
#SPECTRUM: Spectral Data Starts Here
1., 3., 2., 1.
#ENDOFDATA:
"""


def main() -> None:
    jobs = socket.socket(fileno=os.dup(0))
    folder, *named = sys.argv[1:]
    readers = tuple(load(EntryPoint(name, name, EXTRACTORS)) for name in named) or extractors()
    preload(readers)
    tempfile.tempdir = folder
    try:
        Server(jobs, readers).serve()
    finally:
        shutil.rmtree(tempfile.tempdir, ignore_errors=True)  # the pool does it, too, but may have been killed


def preload(readers: Sequence[Extractor]) -> None:
    """Load what any file may need, once. A reader whose library is absent fails later, for its own files only."""
    with listening():
        for extractor in readers:
            for module in getattr(extractor, "modules", ()):
                with contextlib.suppress(ImportError):
                    importlib.import_module(module)
    rehearse(readers)
    libraries()
    gc.freeze()  # the children share these pages until somebody writes to them


def rehearse(readers: Sequence[Extractor]) -> None:
    """Read and draw an image and a spectrum: what is loaded, compiled or kept at the first one, no child does again."""
    with contextlib.suppress(OSError), tempfile.TemporaryDirectory(prefix="lims-") as place:
        image, spectrum = Path(place) / "image.tif", Path(place) / "spectrum.msa"
        Image.fromarray(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)).save(image)
        spectrum.write_text(SPECTRUM, encoding="ascii")
        for path in (image, spectrum):
            pictures = PreviewTarget(path.with_suffix(".webp"), path.with_suffix(".t.webp"))
            extract_file(path, preview=pictures, readers=readers)


class Server:
    def __init__(self, jobs: socket.socket, readers: Sequence[Extractor]) -> None:
        self.jobs = jobs
        self.readers = readers
        self.running: dict[int, tuple[Watched, int]] = {}
        self.selector = selectors.DefaultSelector()
        self.selector.register(jobs, selectors.EVENT_READ)
        self.woken, wakes = os.pipe()
        os.set_blocking(wakes, False)
        self.selector.register(self.woken, selectors.EVENT_READ)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whom the server works
        signal.set_wakeup_fd(wakes)

    def serve(self) -> None:
        """Until the other side closes the socket or dies."""
        open_ = True
        while open_:
            for key, _ in self.selector.select(TICK_S if self.running else None):
                if key.fileobj is self.jobs:
                    open_ = self.accept()
                else:
                    os.read(self.woken, 512)
            for watched, _ in self.running.values():
                watched.check()
            self.reap()
        for watched, _ in self.running.values():
            watched.kill("the service ended")

    def accept(self) -> bool:
        """Take one job and fork its child; False where the socket is closed."""
        size, descriptors, _, _ = socket.recv_fds(self.jobs, LENGTH.size, 2)
        if len(size) < LENGTH.size:
            return False
        result, status = descriptors
        job = json.loads(self.jobs.recv(LENGTH.unpack(size)[0], socket.MSG_WAITALL))
        others = tuple(fd for _, fd in self.running.values())
        limits = Limits(**job["limits"])
        watched = start(lambda: work(job, self.readers), limits, result, (status, self.jobs.fileno(), *others))
        os.close(result)
        self.running[watched.pid] = watched, status
        return True

    def reap(self) -> None:
        for pid in list(self.running):
            ended, code, usage = os.wait4(pid, os.WNOHANG)
            if ended:
                watched, status = self.running.pop(pid)
                watched.tidy()
                end = {"death": watched.reason(code) if code else "", "cost": asdict(cost_of(usage))}
                with contextlib.suppress(OSError), os.fdopen(status, "wb") as file:
                    file.write(json.dumps(end).encode())


def work(job: dict[str, Any], readers: Sequence[Extractor]) -> Outcome:
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    target = job["preview"]
    preview = None
    if target is not None:
        preview = PreviewTarget(Path(target["large"]), Path(target["thumb"]) if target["thumb"] else None)
    return extract_file(Path(job["path"]), [Path(name) for name in job["companions"]], preview=preview, readers=readers)


if __name__ == "__main__":
    main()
    sys.exit(0)
