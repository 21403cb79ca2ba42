"""Bytes that nobody reads are still a dataset: what can be said of them is said."""

from collections.abc import Sequence
from pathlib import Path

from lims.extractors.promise import check_promise
from lims.model import Extraction
from lims.plugins import Frame

MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"ZISRAWFILE", "czi"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"%PDF-", "pdf"),
    (b"PK\3\4", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"SQLite format 3\0", "sqlite"),
    (b"# .PCD", "pcd"),
    (b"p\0\0\0", "lif"),
)
"""Formats that are recognised and not read, by their first bytes."""


class Unknown:
    """Says yes to everything, so it is asked last."""

    name = "unknown"
    version = "1"
    formats = (*(name for _, name in MAGIC), "empty", "unknown")

    def sniff(self, head: bytes, name: str) -> bool:
        return True

    def extract(self, path: Path, companions: Sequence[Path]) -> Extraction:
        found = self.format_of(path)
        if found in ("unknown", "empty"):
            check_promise(path, "it is empty" if found == "empty" else "its first bytes are of no such file")
        said = {"empty": "The file is empty.", "unknown": "No reader knows these bytes."}
        return Extraction(found, self.name, self.version, warnings=(said.get(found, f"No reader for {found} yet."),))

    def preview(self, path: Path, companions: Sequence[Path], signal: int = 0) -> Frame:
        raise NotImplementedError("there is no picture of unknown bytes")

    def format_of(self, path: Path) -> str:
        if path.is_dir():
            return "unknown"
        with path.open("rb") as file:
            head = file.read(64)
        if not head:
            return "empty"
        return next((name for magic, name in MAGIC if head.startswith(magic)), "unknown")


extractor = Unknown()
