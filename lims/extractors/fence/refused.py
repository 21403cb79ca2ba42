"""The one sentence for whatever lies outside of the fence."""

import errno
import os


class RefersElsewhere(PermissionError):
    """A file led its reader to something that is no part of the dataset.

    A PermissionError, since that is what libraries expect of a system that refuses.
    """

    def __init__(self, name: str) -> None:
        super().__init__(errno.EACCES, "it refers to another file")
        self.name = os.path.basename(name.rstrip("/\\")) or name  # noqa: PTH119 (a name from a file, not a path here)

    def __str__(self) -> str:
        return f"it refers to another file ({self.name}), which is not part of the dataset"


class NotItsBusiness(PermissionError):
    """A reader wanted something that reading never needs, such as a connection or another program."""

    def __init__(self, event: str) -> None:
        super().__init__(errno.EACCES, "reading a file does not need it")
        self.event = event

    def __str__(self) -> str:
        return f"reading it would need what no file may have ({self.event})"
