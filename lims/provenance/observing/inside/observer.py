"""install(config): from now on this program's reads and writes are journalled.

config holds JSON only:

journal      path of the journal, which is appended to
roots        [{"path", "kind"}] of the folders that are watched; kind: store (read-only data), derived (the writable
             store), cache (local copies of a store's files), work (the run's working folder); the innermost wins
refuse       folders where opening for writing, renaming and removing raise PermissionError
redirect     [[from, to]] for replays: what is written below `from` is written below `to`, and read back from there
hide         files that a replay shall not find below a `from`, such as the results of the run that is replayed
hash_inputs  whether each input is hashed before it is first opened (True)
known        {path: {"sha256", "size", "mtime_ns"}} of files of stores and caches that need no hashing
leave_out    more folders that nobody wants to know of, beside those of this Python
trees        endings of folders that are one object (.zspy, .zarr, .n5)
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from . import arrow, duck, hdf5, sqlite
from .audit import listen
from .gate import Gate
from .loading import Wrap, when_loaded
from .redirect import redirect

MARK = "_lims_observed"


def install(config: dict[str, Any]) -> None:
    """Observe this process, and those it forks, until its end; the second call does nothing."""
    if hasattr(sys, MARK):
        return
    gate = Gate(config)
    setattr(sys, MARK, gate)
    wraps: dict[str, Wrap] = {
        **dict.fromkeys(arrow.MODULES, partial(arrow.wrap, gate)),
        "duckdb": partial(duck.wrap, gate),
        "h5py": partial(hdf5.wrap, gate),
        "sqlite3": partial(sqlite.wrap, gate),
    }
    if gate.overlay.pairs:
        redirect(gate)
    when_loaded(wraps)
    listen(gate)
