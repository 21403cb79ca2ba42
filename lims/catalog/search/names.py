"""From the name a person typed to what it means here: a field, a normalised value, or some vendor's paths."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from lims.catalog import codec
from lims.catalog.search.fields import ALIASES, FIELDS, SPECIAL, VOCABULARY, Field, canonical
from lims.catalog.search.grammar import BadQuery
from lims.catalog.search.index import Index

Ask = Callable[..., list[dict[str, Any]]]


@dataclass(frozen=True)
class Normalised:
    """A value of the common vocabulary. unit: SI; None for a text."""

    name: str
    unit: str | None


@dataclass(frozen=True)
class Leaves:
    """Values at these paths of vendors' trees: (code, unit) of each."""

    paths: tuple[tuple[int, str], ...]

    @property
    def codes(self) -> list[int]:
        return [code for code, _ in self.paths]


Meaning = Field | Normalised | Leaves


class Names:
    """What names mean in this catalog. Whether the principal sees anything of that name is asked by who uses it.

    ask: reads what the principal may see, in SQL: of nothing else an error speaks.
    """

    def __init__(self, index: Index, ask: Ask) -> None:
        self._index, self._ask = index, ask
        self._meant: dict[str, Meaning] = {}

    def meaning(self, typed: str, at: int) -> Meaning:
        """Raises BadQuery with the nearest name where there is no such one."""
        if typed not in self._meant:
            self._meant[typed] = self._meaning(typed, at)
        return self._meant[typed]

    def _meaning(self, typed: str, at: int) -> Meaning:
        name = canonical(typed)
        if name in FIELDS:
            return FIELDS[name]
        if name in VOCABULARY:
            return Normalised(name, VOCABULARY[name])
        with self._index.lock:
            further, paths = self._index.fields, self._paths_like(typed)
        if name in further:
            return Normalised(name, further[name])
        if paths:
            return Leaves(paths)
        raise self.unknown(typed, at)

    def is_common(self, meaning: Meaning) -> bool:
        """Whether everybody may know that there is such a name."""
        return isinstance(meaning, Field) or (isinstance(meaning, Normalised) and meaning.name in VOCABULARY)

    def _paths_like(self, typed: str) -> tuple[tuple[int, str], ...]:
        """Paths that are, or end with, what was typed; blanks and underscores are one, * is any letters."""
        parts = _plain(typed).split("*")
        paths = self._index.paths
        return tuple(entry for path, entries in paths.items() if _is_like(_plain(path), parts) for entry in entries)

    def unknown(self, typed: str, at: int) -> BadQuery:
        """With the nearest name."""
        near = get_close_matches(canonical(typed), [*FIELDS, *VOCABULARY, *ALIASES, *SPECIAL], n=1, cutoff=0.6)
        meant = near[0] if near else self._near_path(typed)
        quoted = f'"{meant}"' if re.search(r"\s", meant) else meant
        also = f'To find the text itself: "{typed}:…".'
        advice = f"Did you mean {quoted}? {also}" if meant else f"What there is to ask for: lims fields. {also}"
        return BadQuery(f"There is no field {typed!r}", at, hint=advice)

    def _near_path(self, typed: str) -> str:
        paths = [row["key"] for row in self._ask('SELECT DISTINCT "key" FROM path ORDER BY "key"')]
        ends = {_plain(path).rpartition(".")[2]: codec.from_text(path) for path in paths}
        near = get_close_matches(_plain(typed).rpartition(".")[2], list(ends), n=1, cutoff=0.7)
        return ends[near[0]] if near else ""


def _is_like(path: str, parts: Sequence[str]) -> bool:
    """Whether the path, or its end from some dot on, is these parts in this order with any letters between them.

    Each part is looked for once, at its first place: a pattern of many stars must not take for ever.
    """
    first, *others = parts
    if not others:
        return path == first or path.endswith("." + first)
    last = others.pop()
    if path.startswith(first):
        at = len(first)
    else:
        at = path.find("." + first)
        if at < 0:
            return False
        at += 1 + len(first)
    for part in others:
        at = path.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return len(path) - at >= len(last) and path.endswith(last)


def _plain(path: str) -> str:
    return path.lower().replace(" ", "_")
