"""What a picture says of itself, unaltered: its own notes, EXIF, XMP and IPTC."""

from typing import Any

from PIL import ExifTags, Image, IptcImagePlugin, TiffImagePlugin

from lims.extractors.tree import as_json
from lims.extractors.xml_tree import tree_of_xml

HIDDEN = frozenset({"exif", "icc_profile", "photoshop", "xmp", "XML:com.adobe.xmp", "Raw profile type exif", "mp"})
"""Of Pillow's notes those that are opened here, or are no words."""
WITHIN = {"GPSInfo": (ExifTags.IFD.GPSInfo, ExifTags.GPSTAGS), "Interop": (ExifTags.IFD.Interop, ExifTags.TAGS)}
IPTC = {(2, 5): "ObjectName", (2, 25): "Keywords", (2, 55): "DateCreated", (2, 60): "TimeCreated", (2, 80): "By-line",
        (2, 90): "City", (2, 101): "Country", (2, 105): "Headline", (2, 116): "CopyrightNotice",
        (2, 120): "Caption-Abstract"}  # fmt: skip


def tree_of(image: Image.Image) -> dict[str, Any]:
    """{notes…, "Exif": {tag's name: value}, "XMP": …, "IPTC": …}, each only where the picture has it."""
    tree = {str(key): as_json(value) for key, value in image.info.items() if key not in HIDDEN}
    parts = {"Exif": exif_of(image), "XMP": xmp_of(image), "IPTC": iptc_of(image)}
    return tree | {name: part for name, part in parts.items() if part}


def exif_of(image: Image.Image) -> dict[str, Any]:
    exif = image.getexif()
    named = {ExifTags.TAGS.get(tag, str(tag)): rational(value) for tag, value in exif.items()}
    details = exif.get_ifd(ExifTags.IFD.Exif)
    named |= {ExifTags.TAGS.get(tag, str(tag)): rational(value) for tag, value in details.items()}
    for name, (place, tags) in WITHIN.items():
        inside = exif.get_ifd(place)
        if inside:
            named[name] = {tags.get(tag, str(tag)): rational(value) for tag, value in inside.items()}
    return named


def rational(value: Any) -> Any:
    """A fraction as a number; whole numbers stay whole."""
    if isinstance(value, tuple):
        return [rational(part) for part in value]
    return as_json(float(value) if isinstance(value, TiffImagePlugin.IFDRational) else value)


def xmp_of(image: Image.Image) -> Any:
    """As a tree where it is whole, else as the text that stands there."""
    raw = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if not raw:
        return None
    words = raw if isinstance(raw, bytes) else str(raw).encode()
    try:
        return tree_of_xml(words.strip(b"\0 \r\n\t"))
    except ValueError:
        return as_json(words)


def iptc_of(image: Image.Image) -> dict[str, Any]:
    try:
        found = IptcImagePlugin.getiptcinfo(image) or {}  # type: ignore[arg-type]
    except (SyntaxError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return {}
    return {IPTC.get(key, f"{key[0]}:{key[1]}"): as_json(value) for key, value in found.items()}
