"""The interpreter's line: a hook that hears of every file Python opens, and of what reading never needs."""

import os
from typing import Any

from lims.extractors.fence.grounds import Grounds
from lims.extractors.fence.refused import NotItsBusiness, RefersElsewhere

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
LISTING = ("os.listdir", "os.scandir")
NEVER = frozenset({"socket.connect", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn"})


class Guard:
    """For sys.addaudithook; cannot be taken away again."""

    def __init__(self, allowed: Grounds) -> None:
        self.allowed = allowed

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            self.check(path, flags if isinstance(flags, int) else 0)
        elif event in LISTING:
            self.check(arguments[0] or ".", 0)
        elif event in NEVER:
            raise NotItsBusiness(event)

    def check(self, path: Any, flags: int) -> None:
        """Raises RefersElsewhere. A number is a file that is open already."""
        if not isinstance(path, str | bytes | os.PathLike):
            return
        real = os.path.realpath(os.fsdecode(path))
        reads = flags & os.O_ACCMODE != os.O_WRONLY
        writes = flags & WRITING != 0
        if (reads and not self.allowed.may_read(real)) or (writes and not self.allowed.may_write(real)):
            raise RefersElsewhere(real)
