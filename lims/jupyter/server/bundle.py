"""The parts of Voilà's and the extensions' scripts that our pages load, as one file.

A part only adds modules to a list, so it may run before the script that wants them, and a part too many does no harm.
A part that is missing here is fetched by the page on its own: the page is then slower, never wrong.
"""

from fnmatch import fnmatchcase
from pathlib import Path

from lims.jupyter.server.assets import Assets

BUNDLE = "own/bundle.js"
PARTS = Path(__file__).parent / "page" / "parts.txt"


def bundle_of(assets: Assets) -> bytes:
    return b"\n;\n".join(assets.files[address].read_bytes() for address in parts_in(assets))


def parts_in(assets: Assets) -> list[str]:
    """Addresses in the order of the list; other versions of a library name their parts otherwise and drop out."""
    found: dict[str, None] = {}
    for pattern in PARTS.read_text(encoding="utf-8").split():
        found.update(dict.fromkeys(sorted(one for one in assets.files if fnmatchcase(one, pattern))))
    return list(found)
