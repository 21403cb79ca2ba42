"""From the name a person typed to what it means here: a field, a normalised value, or some vendor's paths."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from lims.catalog import codec
from lims.catalog.search.fields import ALIASES, FIELDS, SPECIAL, VOCABULARY, Field, canonical
from lims.catalog.search.grammar import BadQuery

Ask = Callable[..., list[dict[str, Any]]]


@dataclass(frozen=True)
class Normalised:
    """A value of the common vocabulary. unit: SI; None for a text."""

    name: str
    unit: str | None


@dataclass(frozen=True)
class Leaves:
    """Values at these paths of vendors' trees."""

    keys: tuple[str, ...]


Meaning = Field | Normalised | Leaves


class Names:
    """What names mean to one principal: what they may not see suggests and resolves nothing."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def meaning(self, typed: str, at: int) -> Meaning:
        """Raises BadQuery with the nearest name where there is no such one."""
        name = canonical(typed)
        if name in FIELDS:
            return FIELDS[name]
        if name in VOCABULARY:
            return Normalised(name, VOCABULARY[name])
        if name in self._further:
            return Normalised(name, self._further[name])
        keys = self._paths_like(typed)
        if keys:
            return Leaves(keys)
        raise BadQuery(f"There is no field {typed!r}", at, hint=self._advice(typed))

    @cached_property
    def _further(self) -> dict[str, str | None]:
        """Normalised values beyond the vocabulary, as extractors of others may give them."""
        rows = self._ask(
            """SELECT "field", any_value("unit") AS "unit", bool_or("number" IS NOT NULL) AS "is_number"
            FROM normalised GROUP BY "field\" """
        )
        return {row["field"]: (row["unit"] or "") if row["is_number"] else None for row in rows}

    @cached_property
    def _paths(self) -> list[str]:
        return [codec.from_text(row["key"]) for row in self._ask('SELECT DISTINCT "key" FROM leaf ORDER BY "key"')]

    def _paths_like(self, typed: str) -> tuple[str, ...]:
        """Paths that are, or end with, what was typed; blanks and underscores are one, * is any letters."""
        parts = _plain(typed).split("*")
        return tuple(codec.to_text(path) for path in self._paths if _is_like(_plain(path), parts))

    def _advice(self, typed: str) -> str:
        last = _plain(typed).rpartition(".")[2]
        ends = {_plain(path).rpartition(".")[2]: path for path in self._paths}
        known = {name: name for name in (*FIELDS, *VOCABULARY, *ALIASES, *SPECIAL, *self._further)}
        near = get_close_matches(canonical(typed), list(known), n=1, cutoff=0.6)
        near_path = get_close_matches(last, list(ends), n=1, cutoff=0.7)
        meant = known[near[0]] if near else ends[near_path[0]] if near_path else ""
        quoted = f'"{meant}"' if re.search(r"\s", meant) else meant
        also = f'To find the text itself: "{typed}:…".'
        return f"Did you mean {quoted}? {also}" if meant else f"The fields of a file are in: lims show ID. {also}"


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
