"""Vendors' tags in TIFF that the reader leaves as bytes or as one long text, opened into trees.

34118 Zeiss and 34680/34682 FEI are opened by the reader, which makes numbers of texts and passes over what it does not
know; their own text is kept beside it, under the tag's number. Here: 50431 Tescan (INI behind a thumbnail), 51023
Fibics and 65000 Zeiss Orion (XML), 65027 DigitalMicrograph (which the reader calls JEOL's header), and the small files
that Tescan (.hdr), Hitachi and JEOL (.txt) write beside the picture.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from lims.extractors.rosetta.dm_tags import embedded
from lims.extractors.settings import decoded, ini, lines, put
from lims.plugins import Frame

SMALL = 1 << 20
SETTINGS = (34118, 34680, 34682)
JEOL_SHOWS = 200
"""Characters within which JEOL's text has its first $CM_ key."""


def opened(original: dict[str, Any], companions: Sequence[Path], texts: dict[str, str]) -> dict[str, Any]:
    """The reader's tree with those tags opened. A tag that cannot be opened stays as it is."""
    tree = original | texts
    openers: tuple[tuple[str, str, Callable[[bytes], Any]], ...] = (
        ("FibicsXML", "FibicsXML", fibics),
        ("65000", "65000", orion),
        ("50431", "tescan", tescan),
        ("JEOL_Header", "DigitalMicrograph", embedded),
        ("65027", "DigitalMicrograph", embedded),
    )
    for tag, key, opener in openers:
        raw = tree.get(tag)
        found = opener(raw.encode() if isinstance(raw, str) else raw) if isinstance(raw, str | bytes) else None
        if found:
            tree[key] = found
    for companion in companions:
        tree |= beside(companion)
    return tree


def texts_of(path: Path) -> dict[str, str]:
    """{tag number: text} of the first page's tags that are a program's settings, line by line."""
    tifffile = import_module("tifffile")  # which costs 0.1 s, so only where it is needed
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        tags = [page.tags[code] for code in SETTINGS if code in page.tags]
        found = {}
        for tag in tags:
            file.filehandle.seek(tag.valueoffset)
            raw = file.filehandle.read(min(tag.valuebytecount, SMALL))
            found[str(tag.code)] = decoded(raw.rstrip(b"\0"))
    return found


def without_data_bar(frame: Frame, original: dict[str, Any]) -> Frame:
    """Cut off the strip with scale bar and text that FEI puts below the picture; it is no part of the data."""
    rows = ((original.get("fei_metadata") or {}).get("Image") or {}).get("ResolutionY")
    if not isinstance(rows, int) or frame.data.ndim < 2 or not 0 < rows < frame.data.shape[0]:
        return frame
    return replace(frame, data=frame.data[:rows])


def fibics(raw: bytes) -> dict[str, Any] | None:
    root = parsed(re.sub(rb'encoding="[^"]*"', b'encoding="utf-8"', raw, count=1))
    return None if root is None else element(root)


def orion(raw: bytes) -> dict[str, Any] | None:
    root = parsed(raw)
    return None if root is None else element(root)


def parsed(raw: bytes) -> Element | None:
    """XML that a vendor wrote; entities, which can grow without end, are refused."""
    text = raw.rstrip(b"\0 \r\n")
    if not text.lstrip().startswith(b"<"):
        return None
    try:
        root: Element = fromstring(text)
    except (ParseError, DefusedXmlException):
        return None
    return root


def element(node: Element) -> Any:
    """Attributes as "@name", text beside them as "#text"; <item name="x"> under x; what repeats is a list."""
    attributes: dict[str, Any] = {f"@{key}": value for key, value in node.attrib.items()}
    words = node.text or ""
    if len(node) == 0:
        return attributes | {"#text": words} if attributes else words
    tree = attributes | ({"#text": words} if words.strip() else {})
    for child in node:
        named = child.tag == "item" and set(child.attrib) == {"name"} and len(child) == 0
        if named:
            put(tree, child.attrib["name"], child.text or "")
        else:
            put(tree, child.tag, element(child))
    return tree


def tescan(raw: bytes) -> dict[str, Any] | None:
    """The INI text in tag 50431 stands behind a thumbnail and begins with its first key, without a section."""
    start = next((found for found in (raw.find(b"[MAIN]"), raw.find(b"AccFrames=")) if found >= 0), -1)
    if start < 0:
        return None
    text = decoded(raw[start:].rstrip(b"\0"))
    return ini(text if text.startswith("[") else f"[MAIN]\n{text}")


def beside(companion: Path) -> dict[str, Any]:
    """{"tescan": …} from NAME.hdr, {"hitachi": …} or {"jeol": …} from NAME.txt, nothing from any other file."""
    if companion.suffix.lower() not in (".hdr", ".txt") or companion.stat().st_size > SMALL:
        return {}
    text = decoded(companion.read_bytes())
    if text.lstrip().startswith("[MAIN]"):
        return {"tescan": ini(text)}
    if text.lstrip().startswith("[SemImageFile]"):
        return {"hitachi": ini(text)}
    return {"jeol": lines(text, "$")} if "$CM_" in text[:JEOL_SHOWS] else {}
