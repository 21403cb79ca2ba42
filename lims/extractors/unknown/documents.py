"""What a document, a database or a MATLAB file says of itself, as far as that is cheap."""

import importlib
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

MOST_BYTES = 8 << 20
MOST_NAMES = 500
WORDS = ("Title", "Author", "Subject", "Creator", "Producer", "CreationDate")


def pdf_tree(path: Path) -> dict[str, Any]:
    """Version, pages and the words about it, where they are not packed."""
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES)
    counts = [int(found) for found in re.findall(rb"/Count\s+(\d+)", raw)]
    pages = max(counts, default=0) or len(re.findall(rb"/Type\s*/Page\b", raw))
    tree: dict[str, Any] = {"version": raw[5:8].decode("latin-1")} | ({"pages": pages} if pages else {})
    for word in WORDS:
        found = re.search(rb"/" + word.encode() + rb"\s*\(((?:[^()\\]|\\.){1,500})\)", raw)
        if found:
            tree[word] = pdf_text(found[1])
    return tree


def pdf_text(raw: bytes) -> str:
    plain = re.sub(rb"\\([()\\])", rb"\1", raw)
    return plain.decode("utf-16", "replace") if plain[:2] in (b"\xfe\xff", b"\xff\xfe") else plain.decode("latin-1")


def sqlite_tree(path: Path) -> dict[str, Any]:
    """Its tables. Raises ValueError for a damaged one."""
    address = f"file:{quote(str(path))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            rows = connection.execute("SELECT type, name FROM sqlite_master LIMIT ?", (MOST_NAMES,)).fetchall()
    except sqlite3.Error as error:
        raise ValueError(str(error)) from error
    return {"tables": [name for kind, name in rows if kind in ("table", "view")]}


def matlab_tree(path: Path) -> dict[str, Any]:
    """Who wrote it and when, and its variables by name, shape and class."""
    with path.open("rb") as file:
        words = file.read(116).decode("latin-1").strip("\0 ")
    try:
        found = importlib.import_module("scipy.io").whosmat(str(path))  # costs 0.2 s, so only for such a file
    except (ValueError, TypeError, KeyError, NotImplementedError, OSError):
        return {"header": words}
    named = [{"name": name, "shape": list(shape), "class": kind} for name, shape, kind in found[:MOST_NAMES]]
    return {"header": words, "variables": named}
