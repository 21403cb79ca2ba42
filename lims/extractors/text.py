"""Text: tables, logs, notes. Its first lines are what there is to see."""

import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lims.extractors.promise import check_promise
from lims.extractors.tree import as_json, clean_text, is_text
from lims.model import Extraction
from lims.plugins import Frame

LINES, LONGEST, MOST_BYTES = 40, 200, 1 << 20
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Text:
    """Reads the head of any text; a table's column names where it has them."""

    name = "text"
    version = "2"
    formats = ("csv", "ipynb", "json", "python", "svg", "text", "xml")

    def sniff(self, head: bytes, name: str) -> bool:
        return len(head) > 0 and decoded(head) is not None

    def extract(self, path: Path, companions: Sequence[Path]) -> Extraction:
        check_promise(path, "it holds text")
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES)
        text, encoding = decoded(raw) or (raw.decode("latin-1"), "latin-1")
        lines = text.splitlines()
        kind = kind_of(text, path.suffix.lower(), lines)
        tree: dict[str, Any] = {"encoding": encoding, "head": [line[:LONGEST] for line in lines[:LINES]]}
        tree |= {"columns": columns_of(lines)} if kind == "csv" else {}
        tree |= {"lines": len(lines)} if len(raw) < MOST_BYTES else {}
        tree |= inside_json(text) if kind in ("json", "ipynb") and len(raw) < MOST_BYTES else {}
        return Extraction(kind, self.name, self.version, metadata=tree)

    def preview(self, path: Path, companions: Sequence[Path], signal: int = 0) -> Frame:
        raise NotImplementedError("text is shown as text")


def decoded(raw: bytes) -> tuple[str, str] | None:
    """(text, encoding), None where the bytes are not text. A letter cut in two at the end is forgiven."""
    marked = next((encoding for mark, encoding in MARKS if raw.startswith(mark)), None)
    for encoding in [marked] if marked else ["utf-8", "cp1252"]:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(raw) - 4:
                continue
            text = raw[: error.start].decode(encoding, "ignore")
        if is_text(text):
            return text, encoding
    return None


def kind_of(text: str, suffix: str, lines: list[str]) -> str:
    if text.lstrip().startswith(("<?xml", "<!--")) or re.match(r"\s*<\w+[\s>]", text):
        return "svg" if re.search(r"<svg[\s>]", text[:4096]) else "xml"
    if suffix == ".ipynb" or (text.lstrip()[:1] == "{" and '"nbformat"' in text):
        return "ipynb"
    if suffix == ".py":
        return "python"
    if suffix == ".json" or re.match(r'\s*[\[{]\s*["\[{]', text):
        return "json"
    return "csv" if suffix in (".csv", ".tsv") else "text"


def inside_json(text: str) -> dict[str, Any]:
    """The names in it; of a notebook its kernel and cells. Nothing where it cannot be read."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {"items": len(found)} if isinstance(found, list) else {}
    if "nbformat" not in found or not isinstance(found.get("cells"), list):
        return {"keys": [clean_text(key)[:LONGEST] for key in found][:LINES]}
    kinds = Counter(str(cell.get("cell_type")) for cell in found["cells"] if isinstance(cell, dict))
    about: Any = found.get("metadata")
    kernel = about.get("kernelspec") if isinstance(about, dict) else None
    return {"notebook": {"kernelspec": as_json(kernel), "cells": as_json(kinds)}}


def columns_of(lines: list[str]) -> list[str]:
    """The names in the first line that looks like a table's head; none where no line does."""
    for line in lines[:LINES]:
        separator = max(",;\t", key=line.count)
        cells = next(csv.reader([line], delimiter=separator), []) if len(line) < csv.field_size_limit() else []
        if len(cells) > 1 and not any(is_number(cell) for cell in cells):
            return [cell.strip() for cell in cells]
    return []


def is_number(cell: str) -> bool:
    return re.fullmatch(r"\s*[-+]?[\d.,]+([eE][-+]?\d+)?\s*", cell) is not None


extractor = Text()
