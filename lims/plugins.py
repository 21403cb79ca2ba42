"""Every extension point of lims, one sentence each; the built-in features register through the same doors.

A package adds its own in its pyproject.toml, e.g.

    [project.entry-points."lims.extractors"]
    mine = "my_package:extractor"
"""

import errno
import logging
import os
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from lims.errors import PluginFailed
from lims.model import Axis, Extraction

if TYPE_CHECKING:  # numpy costs 0.1 s, which `lims --help` shall not pay
    from numpy.typing import NDArray

log = logging.getLogger(__name__)
EXTRACTORS = "lims.extractors"
BUILT_IN: tuple[tuple[str, str], ...] = (
    ("merlin", "lims.extractors.merlin:extractor"),
    ("ebsd", "lims.extractors.ebsd:extractor"),
    ("rosetta", "lims.extractors.rosetta:extractor"),
    ("hdf5", "lims.extractors.hdf5:extractor"),
    ("bioimaging", "lims.extractors.bioimaging:extractor"),
    ("pointcloud", "lims.extractors.pointcloud:extractor"),
    ("pictures", "lims.extractors.pictures:extractor"),
    ("tables", "lims.extractors.tables:extractor"),
    ("text", "lims.extractors.text:extractor"),
    ("unknown", "lims.extractors.unknown:extractor"),
)
"""(name, module:object) in the order in which they are asked; the same table stands in pyproject.toml."""

HEAD_BYTES = 4096
T = TypeVar("T")


@dataclass(frozen=True)
class Frame:
    """What a preview is drawn from: (y, x), (y, x, 3 or 4) for colours, or (x,) for a line; axes as the data has them.

    reduced: how the signal became this frame ("sum over Energy"), "" where it is the signal itself.
    """

    data: "NDArray[Any]"
    axes: tuple[Axis, ...] = ()
    reduced: str = ""


class NotMine(Exception):
    """Raised by an extractor that sniffed right but found, inside the file, that it belongs to another."""


class Extractor(Protocol):
    """Reads one family of files: metadata, axes, and one light frame to look at."""

    name: str
    version: str
    formats: tuple[str, ...]

    def sniff(self, head: bytes, name: str) -> bool:
        """Say whether these first 4 KiB are yours; the file's name only breaks ties."""

    def extract(self, path: Path, companions: Sequence[Path]) -> Extraction:
        """Return the vendor's tree, the normalised values and the signals; raise freely for a bad file."""

    def preview(self, path: Path, companions: Sequence[Path], signal: int = 0) -> Frame:
        """Return one light frame of a signal, reading no more of the file than it needs; raise freely."""


def head_of(path: Path) -> bytes:
    """What `sniff` is shown: the first bytes of a file; none of a folder (a .zspy tree), which is known by its name."""
    if path.is_dir():
        return b""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


PARTS = ("name", "version", "formats", "sniff", "extract", "preview")


@cache
def extractors() -> tuple[Extractor, ...]:
    """Every extractor in the order in which they are asked."""
    return tuple(asked())


def asked() -> Iterator[Extractor]:
    """Extractors one after the other, installed ones by name, then the built-ins; each is imported when its turn comes.

    An installed one that cannot be imported costs no file that others read: the log says so.
    """
    built_in = [EntryPoint(name, value, EXTRACTORS) for name, value in BUILT_IN]
    ours = {point.value for point in built_in}
    for point in sorted({point for point in entry_points(group=EXTRACTORS) if point.value not in ours}):
        try:
            yield load(point)
        except PluginFailed as error:
            log.error("%s", error)
    yield from map(load, built_in)


def load(point: EntryPoint) -> Extractor:
    """Import what an entry point names. Raises PluginFailed where that does not work or is no extractor."""
    try:
        loaded: Extractor = point.load()
    except Exception as error:
        raise PluginFailed(point.name, "?", point.value, f"{type(error).__name__}: {error}") from error
    if isinstance(loaded, type):
        words = f"it is a class; an entry point names an object: {loaded.__name__.lower()} = {loaded.__name__}()"
        raise PluginFailed(point.name, "?", point.value, words)
    lacking = [name for name in PARTS if not hasattr(loaded, name)]
    if lacking:
        raise PluginFailed(point.name, "?", point.value, f"it is no extractor, it lacks: {', '.join(lacking)}")
    return loaded


def run(extractor: Extractor, path: Path, action: Callable[[], T]) -> T:
    """Do something with an extractor's code; whatever goes wrong becomes PluginFailed with a reason for people.

    NotMine passes: it is an answer.
    """
    try:
        return action()
    except (NotMine, PluginFailed):
        raise
    except Exception as error:
        raise PluginFailed(extractor.name, extractor.version, path.name, reason_of(error, path)) from error


SPEAKING = (ValueError, OSError, RuntimeError, AssertionError, SyntaxError)
"""Errors whose words readers write for people; of others (KeyError, TypeError…) the kind says more than the words."""


FOLDERS = re.compile(r"(?<![\w.])/(?:[^/\s'\":]+/)+")


def without_folders(words: str) -> str:
    """Words without the folders in them that there are here; paths inside a file stay."""
    return FOLDERS.sub(lambda found: "" if Path(found[0]).is_dir() else found[0], words)


SIGNS_OF_A_CUT = (
    "mmap length is greater than file size",
    "truncated",
    "no element found",
    "index 0 is out of bounds for axis 0 with size 0",
    "buffer is smaller than requested size",
    "is not a multiple of the data-type size",
    "File is not a zip file",
    "Ran out of input",
    "visitation failed",
    "synchronously open file",
    "synchronously open group",
    "synchronously read data",
    "link specific callback",
    "Can't iterate over",
    "Iteration operator failed",
    "while decompressing data",
    "Invalid data stream",
    "not well-formed",
    "mismatched tag",
    "unclosed token",
    "Bad CRC-32",
    "DM3TagIDError",
    "DM3TagTypeError",
    "DM3DataTypeError",
)
"""Words (and kinds of errors) in which libraries say that bytes are missing or others than they should be."""


def reason_of(error: BaseException, path: Path | None = None) -> str:
    """Say in one line why a file could not be read: the plain meaning first, the reader's own words behind it.

    path: its folder is nobody's business, so it is left out, as is any other of this machine's.
    """
    folder = f"{path.parent}{os.sep}" if path else os.sep * 2
    words = " ".join(without_folders(str(error).replace(folder, "")).split())[:300]
    kind = type(error).__name__
    behind = f" ({words if ' ' in words else f'{kind}: {words}'})" if words else ""
    match error:
        case _ if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
            plain = f"it needs more memory than a file may use{behind}"
        case EOFError() | StopIteration():
            plain = f"the file ends too early{behind}"
        case struct.error():
            plain = f"the file is cut off or damaged{behind}"
        case _ if "required filter" in words:
            plain = f"it is compressed in a way that nothing here can undo{behind}"
        case _ if "unable to lock file" in words:
            plain = f"another program is writing it{behind}"
        case _ if any(sign in f"{kind}: {words}" for sign in SIGNS_OF_A_CUT):
            plain = f"the file is cut off or damaged{behind}"
        case ModuleNotFoundError():
            plain = f"a library that reads it is not installed ({error.name or words})"
        case _ if "imagecodecs" in words:
            plain = "a library that reads it is not installed (imagecodecs)"
        case RecursionError():
            plain = "it is nested without end"
        case FileNotFoundError() if error.filename:
            plain = f"a file that belongs to it is missing: {Path(str(error.filename)).name}"
        case _ if not words:
            plain = f"the reader gave up without a word ({kind})"
        case _:
            plain = words if isinstance(error, SPEAKING) and " " in words else f"{kind}: {words}"
    return plain
