"""What a RosettaSciIO reader says of a file: its dictionaries, lazily, with the `mapping` it leaves to us applied."""

import atexit
import importlib
import inspect
import math
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import h5py

from lims.extractors.raw import Raw
from lims.extractors.rosetta import mrc
from lims.extractors.rosetta.complaints import listening
from lims.extractors.rosetta.formats import module_of

ONLY_SIGNALS: dict[str, dict[str, Any]] = {"nexus-hyperspy": {"nxdata_only": True}}
"""Arguments without which axes and lists of texts would be signals, too, which HyperSpy cannot open."""

LAZINESS = re.compile(r"\blazy\b|already a dask array|auto rechunking with object|specify a chunks", re.IGNORECASE)
"""What readers say of what they cannot read lazily: colours, ragged arrays, texts, HDF5 without chunks."""
MOST_EAGER_BYTES = 512 << 20
ORDINARY_CHUNK, MOST_CHUNKS = 128 << 20, 2048
"""Dask's own size of a chunk, and how many there may be of it before they grow."""

SUFFIXES: dict[str, tuple[str, ...]] = {
    "emi": (".emi",),
    "ser": (".ser",),
    "bcf": (".bcf",),
    "spx": (".spx",),
    "jeol-image": (".img", ".map"),
    "jeol-pts": (".pts",),
    "mib": (".mib",),
    "sur": (".sur", ".pro"),
    "rpl": (".rpl",),
    "tvips": (".tvips",),
}
"""Readers that look at the name again, and the names they expect."""


PATTERNS = re.compile(r"[\[\]*?]")


def named_as_expected(path: Path, companions: Sequence[Path], format_name: str) -> tuple[Path, Sequence[Path]]:
    """A dataset's files under names that its reader accepts: a file is what its bytes say, whatever it is called.

    Readers look for companions by names spelled like the main file's, and take brackets for a pattern.
    The links last as long as the process, for signals are read later. A child's go with its scratch folder.
    """
    expected = SUFFIXES.get(format_name, ())
    if not expected or path.is_dir():
        return path, companions
    suffix = path.suffix.lower() if path.suffix.lower() in expected else expected[0]
    names = [path.stem + suffix, *(spelled_like(path.stem, companion) for companion in companions)]
    names = [PATTERNS.sub("_", name) for name in names]
    if names == [part.name for part in (path, *companions)]:
        return path, companions
    folder = Path(tempfile.mkdtemp(prefix="lims-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, part in zip(names, (path, *companions), strict=True):
        (folder / name).symlink_to(part.resolve())
    return folder / names[0], [folder / name for name in names[1:]]


def spelled_like(stem: str, companion: Path) -> str:
    """A companion's name with the main file's letters as far as they differ only in case; its suffix in lower case."""
    own = companion.stem
    same = sum(1 for _ in takewhile(lambda pair: pair[0].lower() == pair[1].lower(), zip(stem, own, strict=False)))
    return stem[:same] + own[same:] + companion.suffix.lower()


def read(path: Path, format_name: str, **options: Any) -> tuple[list[Raw], list[str]]:
    """The file's signals and what the reader complained about. Raises whatever the reader raises."""
    with listening() as complaints:
        dictionaries = call(file_reader(format_name), path, options)
    return [corrected(as_raw(dictionary), format_name) for dictionary in dictionaries], list(dict.fromkeys(complaints))


def file_reader(format_name: str) -> Callable[..., list[dict[str, Any]]]:
    """Import one reader: they differ hundredfold in what they pull in, so only the one that is needed.

    A module of ours has a function `describe`, which decodes less than its `file_reader`.
    """
    module = importlib.import_module(module_of(format_name))
    found: Callable[..., list[dict[str, Any]]] = getattr(module, "describe", module.file_reader)
    return found


def call(
    reader: Callable[..., list[dict[str, Any]]], path: Path, options: dict[str, Any]
) -> list[dict[str, Any]]:
    """Read lazily where the reader can; where it cannot, at once, if the file is small."""
    known = inspect.signature(reader).parameters
    if "show_progressbar" in known:
        options = options | {"show_progressbar": False}
    try:
        with few_chunks(path):
            return reader(str(path), **({"lazy": True} if "lazy" in known else {}), **options)
    except (NotImplementedError, ValueError) as error:
        if not LAZINESS.search(str(error)):
            raise
        if bytes_of(path) > MOST_EAGER_BYTES:
            raise ValueError(f"it can only be read as a whole, and is too long for that ({error})") from error
        return reader(str(path), **options)


def few_chunks(path: Path) -> AbstractContextManager[Any]:
    """Of a recording of any size: readers list each chunk before anything is read, 13,000 of a terabyte."""
    size = path.stat().st_size
    if size < ORDINARY_CHUNK * MOST_CHUNKS:
        return nullcontext()
    settings: AbstractContextManager[Any] = importlib.import_module("dask.config").set({
        "array.chunk-size": size // MOST_CHUNKS
    })
    return settings


def bytes_of(path: Path) -> int:
    """The size of a file, or of all files in a tree (.zspy); of HDF5, which may be compressed, that of its arrays."""
    if path.is_dir():
        return sum(part.stat().st_size for part in path.rglob("*") if part.is_file())
    return array_bytes(path) if h5py.is_hdf5(path) else path.stat().st_size


def array_bytes(path: Path) -> int:
    sizes: list[int] = []

    def look(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.shape is not None:
            sizes.append(math.prod(item.shape) * item.dtype.itemsize)

    with h5py.File(path, "r") as file:
        file.visititems(look)
    return sum(sizes)


def as_raw(dictionary: dict[str, Any]) -> Raw:
    original = dictionary.get("original_metadata") or {}
    return Raw(
        data=dictionary["data"],
        axes=list(dictionary.get("axes") or []),
        metadata=dictionary.get("metadata") or {},
        original=original,
        squeeze=bool(dictionary.get("post_process")),
        mapped=dict(apply_mapping(dictionary.get("mapping") or {}, original)),
    )


def corrected(raw: Raw, format_name: str) -> Raw:
    """Undo slips of the readers: TIA's offsets stay in metres beside a scale in nm; Merlin's tree has our path."""
    if format_name in ("emi", "ser"):
        factors = {"nm": 1e9, "1 / nm": 1e-9, "1/nm": 1e-9}
        axes = [axis | {"offset": axis["offset"] * factors.get(str(axis["units"]), 1.0)} for axis in raw.axes]
        return replace(raw, axes=axes)
    if format_name == "mrc":
        return mrc.corrected(raw)
    if format_name == "mib" and isinstance(raw.original.get("mib_properties"), dict):
        kept = {key: value for key, value in raw.original["mib_properties"].items() if key != "path"}
        return replace(raw, original=raw.original | {"mib_properties": kept})
    return raw


def apply_mapping(mapping: Mapping[str, Any], original: dict[str, Any]) -> Iterator[tuple[str, tuple[Any, str, Any]]]:
    """Fill the reader's own table {vendor path: (HyperSpy path, function)}; what its function chokes on is left out."""
    for vendor_path, (target, convert) in mapping.items():
        found = look_up(original, vendor_path)
        if found is None:
            continue
        source, value = found
        try:
            converted = convert(value) if convert is not None else value
        except (TypeError, ValueError, KeyError, AttributeError, IndexError):
            continue
        if converted is not None:
            yield target, (converted, source, value)


def look_up(tree: Any, path: str) -> tuple[str, Any] | None:
    """Follow a dotted path; a key matches also when only its blanks and signs differ, as HyperSpy has it.

    Returns the path as the vendor spells it and what is there, None where there is nothing.
    """
    spelled = []
    for part in path.split("."):
        if not isinstance(tree, Mapping):
            return None
        key = part if part in tree else next((key for key in tree if slug(key) == slug(part)), None)
        if key is None:
            return None
        spelled.append(str(key))
        tree = tree[key]
    return ".".join(spelled), tree


def slug(key: Any) -> str:
    return re.sub(r"\W+", "_", str(key)).strip("_")
