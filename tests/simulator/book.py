"""The simulator's own book: every content that was written, and what should be known of it."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

Fate = Literal["record", "copy", "former", "junk", "failed", "orphan", "missing"]
FATES: dict[Fate, str] = {
    "copy": "copies", "former": "former versions", "junk": "junk", "failed": "failed", "orphan": "orphans",
    "missing": "missing",
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Line:
    """One content that was written to a key.

    session: of files in a record, whatever has become of them. version: how many contents the key has had, its own
    included; 0 of what is no dataset.
    """

    key: str
    sha256: str
    bytes: int = field(compare=False)
    fate: Fate
    session: str = ""
    version: int = 1


class Book:
    def __init__(self) -> None:
        self.now: dict[str, Line] = {}
        self.past: list[Line] = []
        self.may_be_former: set[str] = set()
        """Contents that only a writer who was kept waiting by a busy machine has shown for long."""

    def lines(self) -> list[Line]:
        return sorted([*self.now.values(), *self.past])

    def wrote(self, key: str, content: bytes, session: str | None, fate: Fate | None = None) -> None:
        """A new file. session: None for files that are in none."""
        assert key not in self.now, f"{key} is there already"
        chosen = fate or ("record" if session else "orphan")
        version = 0 if chosen == "junk" else 1
        self.now[key] = Line(key, sha256_of(content), len(content), chosen, session or "", version)

    def replaced(self, key: str, content: bytes) -> None:
        old = self.now[key]
        self.past.append(replace(old, fate="former", session=""))
        self.now[key] = replace(old, sha256=sha256_of(content), bytes=len(content), version=old.version + 1)

    def renamed(self, key: str, new: str) -> None:
        self.now[new] = replace(self.now.pop(key), key=new)

    def copied(self, key: str, new: str) -> None:
        self.now[new] = replace(self.now[key], key=new, fate="copy", session="", version=1)

    def deleted(self, key: str) -> None:
        self.past.append(replace(self.now.pop(key), fate="missing"))

    def half(self, content: bytes) -> None:
        self.may_be_former.add(sha256_of(content))


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def in_words(lines: Iterable[Line], unaccounted: int = 0) -> str:
    """What has become of so many bytes, in one sentence."""
    listed = list(lines)
    counts = Counter(line.fate for line in listed)
    records = len({line.session for line in listed if line.fate == "record"})
    parts = [f"{counts['record']} in {records} records", *(f"{counts[fate]} {word}" for fate, word in FATES.items())]
    total = sum(line.bytes for line in listed)
    return f"{total:,} bytes in {len(listed)} files: {', '.join(parts)}, {unaccounted} unaccounted"
