"""What office documents say of themselves: author, title, dates, from the small files packed for that."""

import contextlib
import zipfile
import zlib
from pathlib import Path
from typing import Any

from lims.extractors.tree import as_json
from lims.extractors.xml_tree import tree_of_xml

MOST_BYTES = 1 << 20
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DAMAGED = (ValueError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""Also NotImplementedError, and RecursionError of XML that has no bottom."""
ABOVE = 4
"""How deep these trees stand in that of their file."""
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
                with contextlib.suppress(*DAMAGED):
                    xml = tree_of_xml(beginning_of(archive, member))
                    found[Path(member.filename).stem] = as_json(plain(xml), ABOVE)
    return found


def beginning_of(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """No more is unpacked than wanted, whatever size the member claims. Raises one of DAMAGED."""
    if member.compress_type not in PLAIN:  # the others unpack without an end
        raise NotImplementedError(f"no office program packs {member.filename} in this way")
    with archive.open(member) as file:
        return file.read(MOST_BYTES)


def plain(tree: Any) -> Any:
    """Names without the address of who defined them: {http://purl.org/dc/elements/1.1/}creator is creator."""
    if isinstance(tree, dict):
        return {key.rpartition("}")[2] if key.startswith("{") else key: plain(value) for key, value in tree.items()}
    return [plain(one) for one in tree] if isinstance(tree, list) else tree
