"""Vendors' files read from their bytes, by no code of ours: what test_holds.py and test_trees.py compare with.

Every reader gives leaves: the path of keys as the vendor spells them, and the value as it stands there.
"""

import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import h5py
import tifffile

Leaf = tuple[tuple[str, ...], Any]


@dataclass
class DmTags:
    """The tags of a DigitalMicrograph file. "Data" of more than `most` numbers is passed over.

    After Chris Boothroyd's description of the format: lengths are big-endian, values as the header says.
    """

    raw: bytes
    at: int = 0
    most: int = 4096
    is_long: bool = False
    order: str = "<"
    found: list[Leaf] = field(default_factory=list)

    SIMPLE: ClassVar[dict[int, str]] = dict(zip((*range(2, 13),), "hiHIfd?bBqQ", strict=True))

    def leaves(self) -> list[Leaf]:
        version = self.take(">I")
        self.is_long = version == 4
        self.length()
        self.order = "<" if self.take(">I") == 1 else ">"
        self.group(())
        return self.found

    def take(self, form: str) -> Any:
        value = struct.unpack_from(form, self.raw, self.at)
        self.at += struct.calcsize(form)
        return value[0]

    def length(self) -> int:
        return int(self.take(">Q" if self.is_long else ">I"))

    def group(self, path: tuple[str, ...]) -> None:
        self.at += 2
        unnamed = {20: 0, 21: 0}
        for _ in range(self.length()):
            kind, size = self.take(">B"), self.take(">H")
            name = self.raw[self.at : self.at + size].decode("latin-1")
            self.at += size
            if self.is_long:
                self.length()
            if not name:
                name = f"{'TagGroup' if kind == 20 else 'Data'}{unnamed[kind]}"
                unnamed[kind] += 1
            if kind == 20:
                self.group((*path, name))
            else:
                self.data((*path, name))

    def data(self, path: tuple[str, ...]) -> None:
        assert self.raw[self.at : self.at + 4] == b"%%%%", path
        self.at += 4
        count = self.length()
        info = [self.length() for _ in range(count)]
        value = self.value(info)
        if value is not ...:
            self.found.append((path, value))

    def value(self, info: list[int]) -> Any:
        kind = info[0]
        if kind in self.SIMPLE:
            return self.take(self.order + self.SIMPLE[kind])
        if kind == 15:
            return [self.take(self.order + self.SIMPLE[one]) for one in info[4::2]]
        if kind == 18:
            return self.text(info[1] * 2)
        of, length = info[1:-1], info[-1]
        parts = [self.SIMPLE[one] for one in (of[4::2] if of[0] == 15 else of[:1])]
        size = struct.calcsize(self.order + "".join(parts)) * length
        if of[0] == 4 and length < self.most:
            return self.text(size)
        if length > self.most:
            self.at += size
            return ...
        each = [[self.take(self.order + part) for part in parts] for _ in range(length)]
        return each if of[0] == 15 else [one[0] for one in each]

    def text(self, size: int) -> str:
        raw = self.raw[self.at : self.at + size]
        self.at += size
        return raw.decode("utf-16-le" if self.order == "<" else "utf-16-be", "replace")


def dm(path: Path) -> list[Leaf]:
    return DmTags(path.read_bytes()).leaves()


def with_pixel_sizes(leaves: list[Leaf]) -> list[Leaf]:
    """DigitalMicrograph's scale and unit of x and y as leaves, "PixelSize": "0.25 nm"; a spectrum has but one axis."""
    by_path = {"/".join(path): value for path, value in leaves}
    scales = [path for path in by_path if re.search(r"Calibrations/Dimension/TagGroup[01]/Scale$", path)]
    scales = [path for path in scales if by_path.get(path.split("/Cal")[0] + "/Dimensions/Data1", 1) > 1]
    sizes = [(path, f"{by_path[path]} {by_path.get(path[:-5] + 'Units') or 'pixels'}") for path in scales]
    return [*leaves, *(((*path.split("/")[:-1], "PixelSize"), size) for path, size in sizes)]


OBJECT = re.compile(rb"<ObjectInfo>.*?</ObjectInfo>", re.DOTALL)
SIMPLE_TAG = re.compile(r"<([\w-]+)>([^<]*)</\1>")
LABELLED = re.compile(r"<Label>([^<]*)</Label>\s*<Value>([^<]*)</Value>\s*(?:<Unit>([^<]*)</Unit>)?")


def emi(path: Path) -> list[Leaf]:
    """Every element of the XML inside; a labelled one with its unit behind a blank."""
    found: list[Leaf] = []
    for number, match in enumerate(OBJECT.findall(path.read_bytes())):
        xml = match.decode("utf-8", "replace")
        found += [
            ((str(number), label), f"{value.strip()} {unit or ''}".strip())
            for label, value, unit in LABELLED.findall(xml)
        ]
        for name, value in SIMPLE_TAG.findall(LABELLED.sub("", xml)):
            found.append(((str(number), name), value))
    return found


def ser(path: Path) -> list[Leaf]:
    """Of the first element: the calibration of a picture's axes in metres, and the time of its tag."""
    raw = path.read_bytes()
    version, kind, tag_kind, _, valid = struct.unpack_from("<HIIII", raw, 4)
    table = struct.unpack_from("<Q" if version > 0x210 else "<I", raw, 22)[0]
    width = 8 if version > 0x210 else 4
    if not valid:
        return []
    total = struct.unpack_from("<I", raw, 14)[0]
    data = struct.unpack_from("<Q" if width == 8 else "<I", raw, table)[0]
    tag = struct.unpack_from("<Q" if width == 8 else "<I", raw, table + total * width)[0]
    found: list[Leaf] = []
    if kind == 0x4122:
        found += [(("DeltaX",), struct.unpack_from("<d", raw, data + 8)[0])]
        found += [(("DeltaY",), struct.unpack_from("<d", raw, data + 28)[0])]
    if tag_kind in (0x4142, 0x4152):
        found += [(("Time",), struct.unpack_from("<I", raw, tag + 4)[0])]
    return found


def tiff_tag(path: Path, *codes: int) -> bytes:
    """The bytes of the first of these tags on the first page, b"" where there is none."""
    with tifffile.TiffFile(path) as file:
        tag = next((file.pages[0].tags[code] for code in codes if code in file.pages[0].tags), None)  # type: ignore[union-attr]
        if tag is None:
            return b""
        with path.open("rb") as raw:
            raw.seek(tag.valueoffset)
            return raw.read(tag.valuebytecount)


def fei(path: Path) -> list[Leaf]:
    """[Section] and Key=Value lines of FEI's tag."""
    found: list[Leaf] = []
    section = ""
    for line in tiff_tag(path, 34682, 34680).rstrip(b"\0").decode("cp1252").splitlines():
        if line.startswith("["):
            section = line.strip("[] ")
        elif "=" in line:
            key, _, value = line.partition("=")
            found.append(((section, key), value))
    return found


def zeiss(path: Path) -> list[Leaf]:
    """After some numbers, lines in pairs: the parameter, then its name in words and its value behind "=" or ":"."""
    lines = tiff_tag(path, 34118).rstrip(b"\0").decode("cp1252").splitlines()
    return [
        ((key.lower(),), re.split(r"\s*[=:]\s?", words, maxsplit=1)[1].strip())
        for key, words in pairwise(lines)
        if re.fullmatch(r"(AP|DP|SV)_\w+", key) and re.search("[=:]", words)
    ]


def walk(tree: Any, path: tuple[str, ...] = ()) -> Iterator[Leaf]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from walk(value, (*path, key))
    elif isinstance(tree, list) and any(isinstance(item, dict | list) for item in tree):
        for number, item in enumerate(tree):
            yield from walk(item, (*path, str(number)))
    else:
        yield path, tree


def velox(path: Path) -> list[Leaf]:
    """The JSON of every image, spectrum and stream: leaves below kind and number."""
    found: list[Leaf] = []
    with h5py.File(path, "r") as file:
        for kind in ("Image", "Spectrum", "SpectrumStream"):
            for number, group in enumerate(file.get(f"Data/{kind}", {}).values()):
                raw = bytes(group["Metadata"][:, 0]).rstrip(b"\0")
                found += list(walk(json.loads(raw), (kind, str(number))))
    return found
