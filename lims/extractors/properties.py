"""What office documents say of themselves: author, title, dates, from the small files packed for that."""

import contextlib
import zipfile
import zlib
from pathlib import Path
from typing import Any

from lims.extractors.xml_tree import tree_of_xml

MOST_BYTES = 1 << 20
NAMES = ("docProps/core.xml", "docProps/app.xml", "docProps/custom.xml", "meta.xml")


def properties(path: Path) -> dict[str, Any]:
    """{"core": …, "app": …, "custom": …} of Microsoft's, {"meta": …} of OpenDocument's; nothing for other files.

    A damaged one of them is left out: the document may be whole.
    """
    if not zipfile.is_zipfile(path):
        return {}
    found: dict[str, Any] = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.filename in NAMES and member.file_size < MOST_BYTES:
                with contextlib.suppress(ValueError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
                    found[Path(member.filename).stem] = plain(tree_of_xml(archive.read(member)))
    return found


def plain(tree: Any) -> Any:
    """Names without the address of who defined them: {http://purl.org/dc/elements/1.1/}creator is creator."""
    if isinstance(tree, dict):
        return {key.rpartition("}")[2] if key.startswith("{") else key: plain(value) for key, value in tree.items()}
    return [plain(one) for one in tree] if isinstance(tree, list) else tree
