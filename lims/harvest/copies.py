"""One content in several places: one dataset stands for all of them, the others are kept as its copies.

What says the same and has the same name, or one that a file manager gives to copies, is a copy. Other files that say
the same (a sheet of settings beside each image) are files of their own. Only within one session, or where the other
place is in none: two sessions that have the same file each have it, and nobody's file goes to somebody else by being
copied.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from lims.catalog import View
from lims.harvest.absorbing import is_of_interest
from lims.model import Dataset

Content = tuple[str, ...]
MARKS = re.compile(r"^copy of |( - copy| copy|_copy)?( ?\(\d+\))?$")
"""What Windows, macOS and Linux desktops put into the names of copies, in lower case."""


def content_of(one: Dataset) -> Content | None:
    """Equal for files that say the same; None where that is not known, and for empty files, which say nothing."""
    if one.kind != "raw" or one.sha256 is None or not one.bytes or one.status not in ("extracted", "failed"):
        return None
    return (one.sha256, *sorted(one.companions_sha256))


def with_copies(view: View, rows: Sequence[Dataset]) -> list[Dataset]:
    """These datasets, and whichever others are another's copy now or no more, each with its `copy_of`.

    rows: as they will be. view: must see everything.
    """
    all_rows = {one.id: one for one in rows}
    hashes = {one.sha256 for one in rows if one.sha256}
    freed = view.datasets(copies_of=all_rows) if rows else []
    same = view.datasets(sha256=hashes) if hashes else []
    known = {one.id: one for one in (*freed, *same)} | all_rows
    groups: dict[Content, list[Dataset]] = defaultdict(list)
    for one in known.values():
        content = content_of(one)
        if content is not None:
            groups[content].append(one)
    arranged = {one.id: one for group in groups.values() for one in arranged_group(group)}
    alone = [one for one in known.values() if one.id not in arranged and one.status != "missing"]
    after = known | {one.id: replace(one, copy_of=None) for one in alone} | arranged
    changed = [one for one in after.values() if one.id not in all_rows and one != known[one.id]]
    return [after[one.id] for one in rows] + changed


def arranged_group(group: Iterable[Dataset]) -> list[Dataset]:
    """The same with their originals; what is in a session goes before what is in none."""
    ordered = sorted(group, key=lambda one: (one.session is None, one.copy_of is not None, one.written, one.key))
    originals: list[Dataset] = []
    arranged = []
    for one in ordered:
        original = next((other for other in originals if is_copy(one, other)), None)
        if original is None:
            originals.append(one)
        arranged.append(with_original(one, original.id if original else None))
    return arranged


def is_copy(one: Dataset, other: Dataset) -> bool:
    """A copy stays one, whatever it and its original are called later."""
    is_told = one.copy_of == other.id or bare(one.name) == bare(other.name)
    return is_told and one.session in (None, other.session)


def bare(name: str) -> str:
    """`Eve - Copy (2).dm3`, `Copy of Eve.dm3` and `eve.dm3` are one name."""
    stem, dot, ending = name.casefold().rpartition(".")
    without = MARKS.sub("", stem if dot else ending)
    return f"{without}{dot}{ending}" if dot else without


def with_original(one: Dataset, original: str | None) -> Dataset:
    if original == one.copy_of:
        return one
    return replace(one, copy_of=original, activity=None if original else one.activity)


def moved_to_copy(view: View, gone: Sequence[Dataset]) -> tuple[list[Dataset], list[Dataset]]:
    """(datasets that live on at the place of a copy of theirs, the copies that they are now) of those that are gone.

    Not of somebody else's copy, nor of one that people mean by its own name.
    """
    copies: dict[str, list[Dataset]] = defaultdict(list)
    lost = {one.id: one for one in gone}
    for other in sorted(view.datasets(copies_of=lost) if lost else (), key=lambda other: other.key):
        if other.id not in lost and other.status != "missing" and other.copy_of:
            copies[other.copy_of].append(other)
    pairs = []
    for one in gone:
        mine = (other for other in copies[one.id] if other.owner == one.owner)
        free = next((other for other in mine if not is_of_interest(view, other)), None)
        if free is not None:
            pairs.append((one, free))
    return [at_place_of(one, other) for one, other in pairs], [other for _, other in pairs]


def at_place_of(one: Dataset, copy: Dataset) -> Dataset:
    return replace(
        one,
        store=copy.store,
        key=copy.key,
        companions=copy.companions,
        companions_sha256=copy.companions_sha256,
        companions_state=copy.companions_state,
        modified=copy.modified,
        content_since=min(one.written, copy.written),
        instrument=copy.instrument,
    )
