"""Damaged files by the thousand, the same ones each time: small real ones of every format, changed in seven ways.

A mutant is a whole dataset: the file and its companions, one of which is damaged.
"""

import bz2
import random
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lims.extractors.companions import Group, group_companions

LARGEST = 4 << 20
OF_EACH_FORMAT = 4
HEAD = 4096
HUGE = (0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFF, 1 << 24, 0)

Damage = Callable[[bytearray, random.Random], str]


@dataclass(frozen=True)
class Mutant:
    """One damaged dataset as it lies on the disk. how: what was done to which of its files."""

    path: Path
    companions: tuple[Path, ...]
    how: str


def truncated(raw: bytearray, dice: random.Random) -> str:
    kept = int(len(raw) * dice.random())
    del raw[kept:]
    return f"cut to {kept} bytes"


def flipped(raw: bytearray, dice: random.Random) -> str:
    count = dice.choice((1, 3, 17, 200))
    for _ in range(count):
        place = spot(raw, dice)
        raw[place] ^= 1 << dice.randrange(8)
    return f"{count} bits flipped"


def swapped(raw: bytearray, dice: random.Random) -> str:
    """Neighbours change places, as in a file of the other byte order."""
    width, start = dice.choice((2, 4, 8)), spot(raw, dice)
    raw[start : start + width] = raw[start : start + width][::-1]
    return f"{width} bytes turned round at {start}"


def zeroed(raw: bytearray, dice: random.Random) -> str:
    start, size = spot(raw, dice), dice.choice((4, 64, 512, 4096, 65536))
    raw[start : start + size] = bytes(len(raw[start : start + size]))
    return f"{size} bytes zeroed at {start}"


def exaggerated(raw: bytearray, dice: random.Random) -> str:
    """A number in the header becomes another: a size, a count, an offset."""
    words = list(re.finditer(rb"\d{1,10}", bytes(raw[: 16 * HEAD])))
    if words and raw.isascii():
        found = dice.choice(words)
        number = dice.choice((b"99999999999", b"-1", b"0", b"1e308", b"4294967296"))
        raw[found.start() : found.end()] = number
        return f"{found[0]!r} at {found.start()} became {number!r}"
    start, number = dice.randrange(0, max(1, min(len(raw), HEAD) - 8)) & ~1, dice.choice(HUGE)
    order = dice.choice("<>")
    raw[start : start + 4] = struct.pack(f"{order}I", number)
    return f"number at {start} became {order}{number:#x}"


def duplicated(raw: bytearray, dice: random.Random) -> str:
    start, size = spot(raw, dice), dice.choice((1, 16, 512, 8192))
    raw[start:start] = raw[start : start + size]
    return f"{size} bytes twice at {start}"


def moved(raw: bytearray, dice: random.Random) -> str:
    """A block is overwritten by another of the same file."""
    start, origin, size = spot(raw, dice), dice.randrange(len(raw)), dice.choice((16, 512, 8192))
    block = raw[origin : origin + size]
    raw[start : start + len(block)] = block
    return f"{size} bytes of {origin} at {start}"


DAMAGES: tuple[Damage, ...] = (truncated, flipped, swapped, zeroed, exaggerated, duplicated, moved)


def spot(raw: bytearray, dice: random.Random) -> int:
    """Half of the time in the header, where it hurts."""
    return dice.randrange(min(len(raw), HEAD) if dice.random() < 0.5 else len(raw))


def samples(root: Path) -> list[Group]:
    """The smallest datasets of each vendor's folder, with their companions; keys from `root`."""
    found: list[Group] = []
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        keys = [str(file.relative_to(root)) for file in folder.rglob("*") if file.is_file()]
        sizes = {group: size_of(group, root) for group in group_companions(keys)}
        small = sorted((group for group in sizes if 0 < sizes[group] <= LARGEST), key=lambda group: sizes[group])
        found += spread(small, OF_EACH_FORMAT)
    return found


def size_of(group: Group, root: Path) -> int:
    return sum((root / key).stat().st_size for key in parts(group, root))


def parts(group: Group, root: Path) -> tuple[str, ...]:
    """The keys of its files; a tree is its companions."""
    keys = (group.main, *group.companions)
    return tuple(key for key in keys if (root / key).is_file())


def spread(small: Sequence[Group], count: int) -> list[Group]:
    """Some of them, evenly from the smallest to the largest."""
    if len(small) <= count:
        return list(small)
    return [small[round(number * (len(small) - 1) / (count - 1))] for number in range(count)]


def mutants(root: Path, folder: Path, count: int, seed: int) -> Iterator[Mutant]:
    """Write and yield them one by one, each in a folder of its own."""
    dice = random.Random(seed)
    known = samples(root)
    for number in range(count):
        group = known[number % len(known)]
        place = folder / f"{number:05d}"
        victim = dice.choice(parts(group, root))
        how = f"{victim} is empty"
        damage = DAMAGES[(number // len(known) + number) % len(DAMAGES)]
        for key in parts(group, root):
            raw = bytearray((root / key).read_bytes())
            if key == victim and raw:
                how = f"{key}: {damage(raw, dice)}"
            target = place / key
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(raw)
        yield Mutant(place / group.main, tuple(place / key for key in group.companions), how)


def endless(elid: bytes) -> bytes:
    """An Element Identification project with a number that never ends, over which its reader does not, either."""
    whole = bz2.decompress(elid)
    return bz2.compress(whole[: len(whole) // 2] + b"\x81" * LARGEST)
