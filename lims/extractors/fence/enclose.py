"""A child closes the fence behind itself, when it has heard which files it is for, and each file's thread its own."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lims.extractors.fence.audit import Guard
from lims.extractors.fence.grounds import grounds, together
from lims.extractors.fence.landlock import restrict
from lims.extractors.outcome import Job

ALONE = "dataset"
"""The folder inside the scratch folder that shows the dataset, and nothing beside it."""


@dataclass
class Fence:
    """The one owner of what this process is: a child that shall be confined to the next file it reads, or not.

    scratch: a folder for that file alone; None where there is no fence to close (any more).
    guard: of the file that is being read.
    """

    scratch: Path | None = None
    asks_kernel: bool = True
    guard: Guard | None = None


fence = Fence()


def arm(scratch: Path, asks_kernel: bool = True) -> None:
    """Say in a child that the next file is to be read behind the fence; until then, Python's is open."""
    fence.scratch, fence.asks_kernel = scratch, asks_kernel
    if fence.guard is not None:
        fence.guard.allowed = None


def enclose_all(jobs: Sequence[Job], scratch: Path) -> None:
    """Confine this process to what all the jobs together need: a wider fence, in which each gets one of its own.

    Raises OSError where the kernel should confine it and does not.
    """
    drops = [folders_of(job.preview.pictures if job.preview else ()) for job in jobs]
    for folder in set().union(*drops):
        with contextlib.suppress(OSError):  # who draws will say it
            folder.mkdir(parents=True, exist_ok=True)  # nobody can behind the fence
    each = [grounds(job.path, job.companions, drop, scratch) for job, drop in zip(jobs, drops, strict=True)]
    restrict(together(each))


def enclose(path: Path, companions: Sequence[Path], pictures: Iterable[Path]) -> tuple[Path, Sequence[Path]]:
    """Confine this thread to one dataset, where it is such a child's; returns the paths by which to read it.

    pictures: where the previews go. Raises OSError where the kernel should confine it and does not.
    """
    scratch, fence.scratch = fence.scratch, None
    if scratch is None:
        return path, companions
    drops = folders_of(pictures)
    allowed = grounds(path, companions, drops, scratch)
    alone = laid_out(path.absolute(), [companion.absolute() for companion in companions], scratch / ALONE)
    use_scratch(scratch)
    if fence.asks_kernel:
        restrict(allowed)
    if fence.guard is None:
        fence.guard = Guard()
        sys.addaudithook(fence.guard)
    fence.guard.allowed = allowed
    return alone


def folders_of(pictures: Iterable[Path]) -> set[Path]:
    return {picture.absolute().parent for picture in pictures}


def laid_out(path: Path, companions: Sequence[Path], folder: Path) -> tuple[Path, list[Path]]:
    """Links to the dataset's files, laid out as they lie: a reader that looks around finds nobody else's."""
    is_tree = path.is_dir()
    places = [folder / path.name]
    folder.mkdir(parents=True)
    places[0].symlink_to(path)
    for companion in companions:
        inside = companion.is_relative_to(path.parent)
        place = folder / (companion.relative_to(path.parent) if inside else companion.name)
        places.append(place)
        if not (is_tree and companion.is_relative_to(path)) and not os.path.lexists(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(companion)
    return places[0], places[1:]


def use_scratch(scratch: Path) -> None:
    """Temporary files and compiled code go there, or nowhere."""
    tempfile.tempdir = str(scratch)
    os.environ["TMPDIR"] = os.environ["NUMBA_CACHE_DIR"] = str(scratch)
    sys.dont_write_bytecode = True
    caching = sys.modules.get("numba.core.caching")
    if caching is not None:  # numba has chosen its folder already, and takes a refusal there for a failure
        caching.Cache.load_overload = caching.Cache.save_overload = lambda *ignored: None
