"""A child closes the fence behind itself, when it has heard which file it is for."""

import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lims.extractors.fence.audit import Guard
from lims.extractors.fence.grounds import grounds
from lims.extractors.fence.landlock import restrict

ALONE = "dataset"
"""The folder inside the scratch folder that shows the dataset, and nothing beside it."""


@dataclass
class Fence:
    """The one owner of what this process is: a child that shall be confined to the first file it reads, or not.

    scratch: the child's own folder; None where there is no fence to close (any more).
    """

    scratch: Path | None = None
    asks_kernel: bool = True


fence = Fence()


def arm(scratch: Path, asks_kernel: bool = True) -> None:
    """Say in a child, once, that its file is to be read behind the fence."""
    fence.scratch, fence.asks_kernel = scratch, asks_kernel


def enclose(path: Path, companions: Sequence[Path], pictures: Iterable[Path]) -> tuple[Path, Sequence[Path]]:
    """Confine this process to one dataset, where it is such a child; returns the paths by which to read it.

    pictures: where the previews go. Raises OSError where the kernel should confine it and does not.
    """
    scratch, fence.scratch = fence.scratch, None
    if scratch is None:
        return path, companions
    drops = {picture.absolute().parent for picture in pictures}
    allowed = grounds(path, companions, drops, scratch)
    alone = laid_out(path.absolute(), [companion.absolute() for companion in companions], scratch / ALONE)
    use_scratch(scratch)
    if fence.asks_kernel:
        restrict(allowed)
    sys.addaudithook(Guard(allowed))
    return alone


def laid_out(path: Path, companions: Sequence[Path], folder: Path) -> tuple[Path, list[Path]]:
    """Links to the dataset's files, laid out as they lie: a reader that looks around finds nobody else's."""
    is_tree = path.is_dir()
    places = [folder / path.name]
    folder.mkdir()
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
