"""The .mdoc that SerialEM writes beside an image: global values, then sections in brackets, all as text.

PixelSpacing = 2.0
[T = SerialEM: a title]
[ZValue = 0]
TiltAngle = 30.0
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lims.extractors.settings import put
from lims.extractors.tree import text_of_bytes

KEY = "mdoc"
MOST_BYTES = 16 << 20
"""A thousand images take two MiB."""
SECTION = re.compile(r"\[\s*([^=\]]+?)\s*=\s*(.*?)\s*\]\s*")
VALUE = re.compile(r"\s*([^=]+?)\s*=[ \t]?(.*?)\s*")


def beside(companions: Sequence[Path]) -> dict[str, Any]:
    """{"mdoc": …} from the .mdoc among the companions, nothing where there is none.

    Raises ValueError for one that is too long, or no text.
    """
    path = next((companion for companion in companions if companion.suffix.lower() == ".mdoc"), None)
    if path is None:
        return {}
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path.name} is longer than any .mdoc")
    text = text_of_bytes(path.read_bytes())
    if not isinstance(text, str):
        raise ValueError(f"{path.name} is no text")
    return {KEY: parsed(text)}


def parsed(text: str) -> dict[str, Any]:
    """Keys and values spelled as they are; [ZValue = 0] under "ZValue", "0"; titles as a list under "T".

    What repeats is a list; a line that is neither stands under "lines".
    """
    tree: dict[str, Any] = {}
    here = tree
    for line in text.splitlines():
        section, value = SECTION.fullmatch(line), VALUE.fullmatch(line)
        if section and section[1] == "T":
            tree.setdefault("T", []).append(section[2])
        elif section:
            kind = tree.setdefault(section[1], {})
            here = kind.setdefault(section[2], {}) if isinstance(kind, dict) else here
        elif value:
            put(here, value[1], value[2])
        elif line.strip():
            put(here, "lines", line)
    return tree
