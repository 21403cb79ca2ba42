"""Runs a script observed, with a store, a writable store and a working folder; for the tests beside this file."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lims.provenance.observing import bootstrap
from lims.provenance.observing.journal import Observed, read_journal

KINDS = ("store", "derived", "cache", "work")


def environment() -> dict[str, str]:
    """Python writes what it compiles, as it does for everybody."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass
class Run:
    """config: beside roots and journal, what a test adds to it; done: the process after `go`."""

    folder: Path
    config: dict[str, Any] = field(default_factory=dict)
    done: subprocess.CompletedProcess[str] | None = None

    def __post_init__(self) -> None:
        for kind in KINDS:
            (self.folder / kind).mkdir(parents=True, exist_ok=True)
            setattr(self, kind, self.folder / kind)
        self.config = {
            "journal": str(self.folder / "journal"),
            "roots": [{"path": str(self.folder / kind), "kind": kind} for kind in KINDS],
            "refuse": [str(self.folder / "store")],
            **self.config,
        }

    def go(self, code: str, *arguments: str, succeeds: bool = True, **more: Any) -> Observed:
        """Run it in the working folder, with the folders' paths as names."""
        names = "".join(f"{kind} = {str(self.folder / kind)!r}\n" for kind in KINDS)
        (self.folder / "script.py").write_text(names + code, encoding="utf-8")
        (self.folder / "config.json").write_text(json.dumps({**self.config, **more}), encoding="utf-8")
        command = [sys.executable, bootstrap.__file__, "config.json", "script.py", *arguments]
        command[2:4] = [str(self.folder / name) for name in command[2:4]]
        self.done = subprocess.run(
            command, cwd=self.folder / "work", capture_output=True, text=True, check=False, env=environment()
        )
        if succeeds:
            assert self.done.returncode == 0, self.done.stderr
        return self.seen()

    def seen(self) -> Observed:
        return read_journal(self.folder / "journal", ended=True)

    def names(self, some: Any) -> list[str]:
        """Paths relative to the folder of the run."""
        return [os.path.relpath(one.path, self.folder) for one in some]
