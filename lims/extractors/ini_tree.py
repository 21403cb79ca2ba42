"""INI texts as a tree: sections of keys and texts, spelled as they are."""

from typing import Any

QUOTES = "'\""


def ini(raw: bytes) -> dict[str, Any]:
    """{section: {key: text}}, the quotes around a text left out; lines before the first section are under "".

    A key that repeats in its section becomes a list. UTF-16 by its mark, else UTF-8, else Windows-1252.
    """
    tree: dict[str, Any] = {}
    section = ""
    for line in text_of(raw).splitlines():
        words = line.strip()
        if words.startswith("[") and words.endswith("]"):
            section = words[1:-1]
            tree.setdefault(section, {})
        elif "=" in words and not words.startswith(";"):
            key, _, value = words.partition("=")
            add(tree.setdefault(section, {}), key.strip(), unquoted(value.strip()))
    return tree


def add(section: dict[str, Any], key: str, value: str) -> None:
    if key in section:
        before = section[key]
        section[key] = [*(before if isinstance(before, list) else [before]), value]
    else:
        section[key] = value


def unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] in QUOTES and value[0] == value[-1] else value


def text_of(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
