"""What the file system tells of a file, or of a folder that is one object, while others may still write there."""

import stat
from contextlib import suppress
from pathlib import Path

Marks = tuple[tuple[str, int, int], ...]
"""(name, bytes, time of the last change in ns) of the file, or of each in the folder, by name."""


def marks(path: Path) -> Marks:
    """What goes while it is looked at, and links to nowhere, are left out."""
    found = []
    for one in path.rglob("*") if path.is_dir() else (path,):
        with suppress(OSError):
            seen = one.stat()
            if stat.S_ISREG(seen.st_mode):
                found.append((str(one), seen.st_size, seen.st_mtime_ns))
    return tuple(sorted(found))


def bytes_in(path: Path) -> int:
    return sum(size for _, size, _ in marks(path))


def changed_ns(path: Path) -> int:
    """When the newest of its bytes came; 0 where there are none."""
    return max((changed for _, _, changed in marks(path)), default=0)
