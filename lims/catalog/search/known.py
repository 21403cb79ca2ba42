"""What can be asked for here: every field with its type, unit, how many files have it, and examples.

To count what vendors wrote takes a second at a million files, so an answer is kept for so long that making it costs
little: a new path is listed later than it is found.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lims.catalog import codec
from lims.catalog.leaves import fold, leaves_of
from lims.catalog.search.counting import Choices
from lims.catalog.search.fields import ALIASES, FIELDS, SPECIAL, VOCABULARY, Field
from lims.catalog.search.index import Index
from lims.catalog.search.lens import lens_of
from lims.catalog.search.looking_up import HAS, HAS_OF_SESSIONS, IS, LookUp
from lims.catalog.search.names import Ask
from lims.catalog.search.shelf import moment_of
from lims.catalog.units import compact
from lims.model import Principal, SearchField, vocabulary

OF_EVERY_FILE = frozenset({"id", "key", "name", "sha256"})
KEPT = 50.0
"""So many times as long as it took to make is a list kept."""
REMEMBERED = 100
"""So many people's lists are kept."""
SAMPLE = 100
"""Of so many files the trees are read for examples."""
MOST_EXAMPLES, LONGEST = 3, 60
NORMALISED = """SELECT "field" AS "name", count(*) AS n, count("number") AS numbers, min("number") AS least,
    max("number") AS most, any_value("unit") AS unit,
    list_distinct([any_value("text"), min("text"), max("text")]) AS texts
  FROM normalised n JOIN indexed i ON i."names" = n."doc" GROUP BY 1"""
VENDOR = """SELECT p."key" AS "name", p."unit", count(*) AS n, count(l."number") AS numbers,
    min(l."number") AS least, max(l."number") AS most
  FROM leaf l JOIN indexed i ON i."tree" = l."doc" JOIN path_name p ON p."code" = l."path" GROUP BY 1, 2"""
TREES = f"""SELECT "metadata" FROM document WHERE "doc" IN
  (SELECT "tree" FROM indexed WHERE "tree" IS NOT NULL ORDER BY hash("tree") LIMIT {SAMPLE}) ORDER BY "doc\""""
EXAMPLES: dict[str, tuple[str, ...]] = {
    "is": IS,
    "has": (*HAS, *HAS_OF_SESSIONS),
    "after": ("2018-11", "last monday", "7d"),
    "before": ("2018-11-13", "yesterday"),
    "during": ("2018-11", "last week", "nov 2018"),
    "derived-from": ("dat-…",),
}


@dataclass
class Known:
    """Of one principal. made: when, by a clock that never goes back; took: seconds."""

    snapshot: int
    made: float
    took: float
    fields: list[SearchField] = field(default_factory=list)

    def is_good(self, snapshot: int) -> bool:
        return snapshot == self.snapshot or time.monotonic() - self.made < KEPT * self.took


def known_fields(index: Index, principal: Principal, ask: Ask, like: str, limit: int | None) -> list[SearchField]:
    """Those whose names have what `like` says, the nearest first: see `View.fields`."""
    with index.up_to_date() as snapshot:
        kept: Known | None = index.known.get(principal)
    if kept is None or not kept.is_good(snapshot):
        began = time.monotonic()
        fields = [*_common(index, principal, ask), *_normalised(ask), *_vendors(ask), *_special()]
        kept = Known(snapshot, time.monotonic(), time.monotonic() - began, fields)
        with index.lock:
            index.known[principal] = kept
            if len(index.known) > REMEMBERED:
                index.known.pop(next(iter(index.known)))
    return _like(kept.fields, like)[:limit]


def _like(fields: Iterable[SearchField], like: str) -> list[SearchField]:
    asked = plain(like)
    ranked = [(rank, -one.count, one.name, one) for one in fields if (rank := _rank(one, asked)) is not None]
    return [one for *_, one in sorted(ranked, key=lambda row: row[:3])]


def _rank(one: SearchField, asked: str) -> int | None:
    """0 for the nearest; None where nothing of it is like that."""
    names = [plain(one.name), *one.aliases]
    if not asked:
        return {"common": 0, "normalised": 1, "special": 2, "vendor": 3}[one.group]
    if any(name.startswith(asked) for name in names):
        return 0
    if any(part.startswith(asked) for name in names for part in name.replace("_", ".").split(".")):
        return 1
    return 2 if any(asked in name for name in names) else None


def plain(name: str) -> str:
    return fold(name.strip()).replace(" ", "_")


def _common(index: Index, principal: Principal, ask: Ask) -> list[SearchField]:
    """Fields of sessions and files."""
    choices = Choices(index, LookUp(index, ask).names, of_records=False)
    counted = [name for name, one in FIELDS.items() if one.kind in ("text", "tag") and name not in OF_EVERY_FILE]
    for name in counted:
        choices.look_up(name)
    with index.lock:
        lens = lens_of(index, principal, ask)
        total, nothing = int(lens.files.sum()), np.zeros(index.sessions.size, bool)
        counts = {name: choices.choice(name, lens).counts(lens.files, nothing) for name in counted}
        ends = {name: _ends_of(one, index.files[one.file][lens.files]) for name, one in FIELDS.items()
                if one.kind in ("number", "time") and one.file}  # fmt: skip
    found = []
    for name, one in FIELDS.items():
        examples = [codec.from_text(value) for value, _ in counts.get(name, ())] or ends.get(name, [])
        count = sum(number for _, number in counts[name]) if name in counts else total
        found.append(_made(name, "common", "text" if one.kind == "tag" else one.kind, one.unit, count, examples))
    return found


def _ends_of(one: Field, values: NDArray[Any]) -> list[str]:
    if not len(values):
        return []
    least, most = values.min().item(), values.max().item()
    if one.kind == "time":
        return [f"{moment:%Y-%m-%d}" for moment in map(moment_of, (least, most)) if moment]
    return [compact(least, one.unit), compact(most, one.unit)]


def _normalised(ask: Ask) -> list[SearchField]:
    found = {row["name"]: row for row in ask(NORMALISED)}
    nothing: Mapping[str, Any] = {"n": 0, "numbers": 0, "unit": "", "texts": []}
    return [
        _made(name, "normalised", *_of_values(found.get(name, nothing), name))
        for name in dict.fromkeys([*VOCABULARY, *found])
        if name not in FIELDS
    ]


def _of_values(row: Mapping[str, Any], name: str) -> tuple[str, str, int, list[str]]:
    """(kind, unit, count, examples)"""
    is_number = row["numbers"] > 0 if name not in VOCABULARY else VOCABULARY[name] is not None
    unit = vocabulary.FIELDS.get(name, row["unit"] or "") if is_number else ""
    texts = [codec.from_text(text) for text in row["texts"] if text]
    return ("number", unit, row["n"], _ends(row, unit)) if is_number else ("text", "", row["n"], texts)


def _ends(row: Mapping[str, Any], unit: str) -> list[str]:
    ends = [row[name] for name in ("least", "most") if row.get(name) is not None]
    return [compact(number, unit) for number in dict.fromkeys(ends)]


def _vendors(ask: Ask) -> list[SearchField]:
    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in ask(VENDOR):
        by_name.setdefault(codec.from_text(row["name"]), []).append(row)
    texts = _texts_of_trees(ask)
    found = []
    for name, rows in by_name.items():
        count, numbers = (sum(row[column] for row in rows) for column in ("n", "numbers"))
        most = max(rows, key=lambda row: row["n"])
        if 2 * numbers >= count:
            found.append(_made(name, "vendor", "number", most["unit"], count, _ends(most, most["unit"])))
        else:
            found.append(_made(name, "vendor", "text", "", count, texts.get(name, ())))
    return found


def _texts_of_trees(ask: Ask) -> dict[str, list[str]]:
    """What stands at the paths of some files."""
    counts: dict[str, Counter[str]] = {}
    for row in ask(TREES):
        for path, text, _ in leaves_of(codec.decode(json.loads(row["metadata"]))):
            if text:
                counts.setdefault(codec.from_text(path), Counter())[codec.from_text(text)] += 1
    return {path: [text for text, _ in those.most_common(MOST_EXAMPLES)] for path, those in counts.items()}


def _special() -> list[SearchField]:
    return [SearchField(name, "special", "choice" if name in ("is", "has") else "text", "", 0, EXAMPLES[name], ())
            for name in SPECIAL]  # fmt: skip


def _made(name: str, group: str, kind: str, unit: str, count: int, examples: Sequence[str]) -> SearchField:
    aliases = tuple(alias for alias, meant in ALIASES.items() if meant == name)
    shown = dict.fromkeys(one if len(one) <= LONGEST else one[:LONGEST] + "…" for one in examples)
    return SearchField(name, group, kind, unit, count, tuple(shown)[:MOST_EXAMPLES], aliases)  # type: ignore[arg-type]
