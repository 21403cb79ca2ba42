"""The interpreter's line: a hook that hears of every file Python opens, and of what reading never needs."""

import os
from typing import Any

from lims.extractors.fence.grounds import Grounds
from lims.extractors.fence.refused import NotItsBusiness, RefersElsewhere

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
LISTING = ("os.listdir", "os.scandir")
NEVER = frozenset({"socket.connect", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn"})


class Guard:
    """For sys.addaudithook; cannot be taken away again. allowed: of the file at hand; None between two files."""

    def __init__(self) -> None:
        self.allowed: Grounds | None = None

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.allowed is None:
            return
        if event == "open":
            path, _, flags = arguments
            check(self.allowed, path, flags if isinstance(flags, int) else 0)
        elif event in LISTING:
            check(self.allowed, arguments[0] or ".", 0)
        elif event in NEVER:
            raise NotItsBusiness(event)


def check(allowed: Grounds, path: Any, flags: int) -> None:
    """Raises RefersElsewhere. A number is a file that is open already."""
    if not isinstance(path, str | bytes | os.PathLike):
        return
    real = os.path.realpath(os.fsdecode(path))
    reads = flags & os.O_ACCMODE != os.O_WRONLY
    writes = flags & WRITING != 0
    if (reads and not allowed.may_read(real)) or (writes and not allowed.may_write(real)):
        raise RefersElsewhere(real)
