"""The extractor that says yes to everything, and is asked last."""

import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lims.extractors.normalise.rules import apply
from lims.extractors.normalise.vendors.documents import DOCUMENT
from lims.extractors.promise import check_promise
from lims.extractors.properties import properties
from lims.extractors.tree import as_json
from lims.extractors.unknown.archives import gzip_tree, kind_of_zip, tar_tree, zip_tree
from lims.extractors.unknown.bytes import bytes_tree
from lims.extractors.unknown.documents import matlab_tree, pdf_tree, sqlite_tree
from lims.extractors.unknown.films import avi_tree, mp4_tree
from lims.extractors.unknown.magic import FORMATS, HEAD_BYTES, format_of, sentence
from lims.model import Extraction
from lims.plugins import Frame

TREES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "zip": zip_tree,
    "gzip": gzip_tree,
    "tar": tar_tree,
    "pdf": pdf_tree,
    "sqlite": sqlite_tree,
    "matlab": matlab_tree,
    "mp4": mp4_tree,
    "avi": avi_tree,
    "unknown": bytes_tree,
}


DAMAGED = (
    ValueError, OSError, EOFError, RuntimeError, LookupError, TypeError, OverflowError, struct.error, zlib.error
)  # fmt: skip


def told(path: Path, found: str) -> tuple[str, dict[str, Any]]:
    """(format, tree): of a zip only what is packed in it tells the format."""
    kind = kind_of_zip(path) if found == "zip" else found
    tree: dict[str, Any] = as_json(TREES[found](path)) if found in TREES else {}
    return kind, tree | ({"properties": as_json(properties(path))} if found == "zip" and kind != "zip" else {})


class Unknown:
    """Tells what kind of file it is, and what such a file says of itself."""

    name = "unknown"
    version = "2"
    formats = (*FORMATS, "empty", "unknown")

    def sniff(self, head: bytes, name: str) -> bool:
        return True

    def extract(self, path: Path, companions: Sequence[Path]) -> Extraction:
        if path.is_dir():
            return Extraction("unknown", self.name, self.version, warnings=(sentence("unknown"),))
        with path.open("rb") as file:
            found = format_of(file.read(HEAD_BYTES))
        if found in ("unknown", "empty"):
            check_promise(path, "it is empty" if found == "empty" else "its first bytes are of no such file")
        try:
            found, tree = told(path, found)
            warnings = [sentence(found)]
        except DAMAGED as error:  # it is a file that nobody reads all the same
            tree, warnings = {}, [sentence(found), f"It is damaged or cut off ({error})."]
        normalised = apply(DOCUMENT, tree)
        return Extraction(
            found, self.name, self.version, normalised=normalised, metadata=tree, warnings=tuple(warnings)
        )

    def preview(self, path: Path, companions: Sequence[Path], signal: int = 0) -> Frame:
        raise NotImplementedError("there is no picture of unknown bytes")
