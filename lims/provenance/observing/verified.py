"""For code that hashes a file before it opens it, in a program that may be observed: nobody needs to hash it again."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lims.provenance.observing.inside.observer import MARK


def verified(path: Path, hash_of: Callable[[Path], str]) -> str:
    """`hash_of(path)`; to read the file for that is no input of the run, and its hash is known when it is opened."""
    gate: Any = getattr(sys, MARK, None)
    if gate is None:
        return hash_of(path)
    before = path.stat()
    found: str = gate.quietly(hash_of, path)
    gate.recorder.known[str(path)] = {"sha256": found, "size": before.st_size, "mtime_ns": before.st_mtime_ns}
    return found
