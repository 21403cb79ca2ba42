"""Settings that vendors write as lines: sections of keys and texts. What repeats is kept as a list."""

import re
from typing import Any

SECTION = re.compile(r"\s*\[([^\]]*)\]\s*")


def ini(text: str) -> dict[str, Any]:
    """{section: {key: text}}, spelled as they are; {} for what is no INI.

    A key without "=" has None. A section that comes again goes on; a key that comes again has a list of all its texts.
    """
    sections: dict[str, Any] = {}
    here: dict[str, Any] | None = None
    for line in text.splitlines():
        title = SECTION.fullmatch(line)
        if title:
            here = sections.setdefault(title[1], {})
        elif line.strip():
            if here is None:
                return {}
            key, is_pair, value = line.partition("=")
            put(here, key.strip(), value.strip() if is_pair else None)
    return sections


def lines(text: str, mark: str) -> dict[str, Any]:
    """{key: text} of lines "$KEY text", all of which begin with the mark."""
    found: dict[str, Any] = {}
    for line in text.splitlines():
        if line.startswith(mark):
            key, _, value = line.strip().partition(" ")
            put(found, key, value.strip())
    return found


def decoded(raw: bytes) -> str:
    """UTF-16 and UTF-8 by their mark or their bytes; else as Windows wrote it in the West."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


class Repeated(list[Any]):
    """The values of one key. A value may be a list itself, which is then one of them."""


def put(group: dict[str, Any], key: str, value: Any) -> None:
    """Add a value; beside one of the same key it makes a list."""
    if key not in group:
        group[key] = value
    elif isinstance(group[key], Repeated):
        group[key].append(value)
    else:
        group[key] = Repeated([group[key], value])
