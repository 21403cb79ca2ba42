"""What a RosettaSciIO reader says of a file: its dictionaries, lazily, with the `mapping` it leaves to us applied."""

import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lims.extractors.raw import Raw
from lims.extractors.rosetta.complaints import listening
from lims.extractors.rosetta.formats import READERS

ONLY_SIGNALS: dict[str, dict[str, Any]] = {"nexus-hyperspy": {"nxdata_only": True}}
"""Arguments without which axes and lists of texts would be signals, too, which HyperSpy cannot open."""
OPTIONS: dict[str, dict[str, Any]] = {"jeol-pts": {"sum_frames": True, "rebin_energy": 8}, **ONLY_SIGNALS}
"""Arguments that keep a format readable; JEOL's event lists would be gigabytes at full depth."""


SUFFIXES: dict[str, tuple[str, ...]] = {
    "emi": (".emi",),
    "ser": (".ser",),
    "bcf": (".bcf",),
    "spx": (".spx",),
    "jeol-image": (".img", ".map"),
    "jeol-pts": (".pts",),
    "mib": (".mib",),
    "sur": (".sur", ".pro"),
}
"""Readers that look at the name again, and the names they expect."""


def named_as_expected(path: Path, format_name: str, folder: Path) -> Path:
    """The file under a name that its reader accepts: a file is what its bytes say, whatever it is called.

    folder: where a link with such a name may be made; it is needed as long as the signals are.
    """
    expected = SUFFIXES.get(format_name, ())
    if not expected or path.suffix.lower() in expected:
        return path
    alias = folder / (path.stem + expected[0])
    alias.symlink_to(path.resolve())
    return alias


def read(path: Path, format_name: str) -> tuple[list[Raw], list[str]]:
    """The file's signals and what the reader complained about. Raises whatever the reader raises."""
    with listening() as complaints:
        reader = file_reader(READERS[format_name])
        dictionaries = call(reader, path, OPTIONS.get(format_name, {}), complaints)
    return [corrected(as_raw(dictionary), format_name) for dictionary in dictionaries], list(dict.fromkeys(complaints))


def file_reader(reader: str) -> Callable[..., list[dict[str, Any]]]:
    """Import one reader: they differ hundredfold in what they pull in, so only the one that is needed."""
    module = importlib.import_module(f"rsciio.{reader}")
    found: Callable[..., list[dict[str, Any]]] = module.file_reader
    return found


def call(
    reader: Callable[..., list[dict[str, Any]]], path: Path, options: dict[str, Any], complaints: list[str]
) -> list[dict[str, Any]]:
    """Read lazily where the reader can. A Velox spectrum stream needs a library we do without: its images are read."""
    known = inspect.signature(reader).parameters
    is_emd = reader.__module__.startswith("rsciio.emd")
    if "show_progressbar" in known:
        options = options | {"show_progressbar": False}
    try:
        return reader(str(path), **({"lazy": True} if "lazy" in known else {}), **options)
    except NotImplementedError as error:
        if "lazy" not in str(error).lower():
            raise
        return reader(str(path), **options)
    except ModuleNotFoundError as error:
        if not is_emd or "sparse" not in str(error):
            raise
        complaints.append("The spectrum image is not read, because the library `sparse` is not installed.")
        partial = importlib.import_module("lims.extractors.rosetta.velox")  # costs 0.2 s, so only where it is needed
        found: list[dict[str, Any]] = partial.read_without_streams(path)
        return found


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
    """Undo two slips of the readers: TIA's offsets stay in metres beside a scale in nm; Merlin's tree has our path."""
    if format_name in ("emi", "ser"):
        factors = {"nm": 1e9, "1 / nm": 1e-9, "1/nm": 1e-9}
        axes = [axis | {"offset": axis["offset"] * factors.get(str(axis["units"]), 1.0)} for axis in raw.axes]
        return replace(raw, axes=axes)
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
