"""What was written survives a power cut only once it is synced: a file, and the folder that holds its name."""

import os
from pathlib import Path


def sync(path: str | Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
