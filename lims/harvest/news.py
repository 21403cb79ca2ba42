"""What the building of a finished record changes, against the one before: what people see when a file came late."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from lims.catalog import View
from lims.model import Dataset, Record, RecordBuild

FINISHED = ("complete", "attention")
MOST_NAMED = 3


def news_of(view: View, record: Record, datasets: Sequence[Dataset]) -> RecordBuild | None:
    """The next entry, None where there is nothing to tell. view: must see everything. datasets: all of the record."""
    if record.state not in FINISHED:
        return None
    earlier = earlier_builds(view, record)
    known = members_of(earlier)
    now = {one.id for one in datasets}
    since = earlier[-1].at if earlier else None
    changed = sorted(now & known & rewritten_since(view, datasets, since)) if since else []
    added, removed = sorted(now - known), sorted(known - now)
    if earlier and not (added or removed or changed):
        return None
    names = {one.id: one.name for one in (*datasets, *(view.datasets(ids=removed) if removed else ()))}
    happened = {"came": added, "left": removed, "changed": changed}
    words = in_words(happened, names) if earlier else f"first built, with {files(len(added))}"
    number = len(earlier) + 1
    return RecordBuild(record.id, number, datetime.now(UTC), words, tuple(added), tuple(removed), tuple(changed))


def earlier_builds(view: View, record: Record) -> list[RecordBuild]:
    return view.builds(record.id) if record.built else []


def members_of(builds: Sequence[RecordBuild]) -> set[str]:
    """The datasets that a record had after these buildings."""
    members: set[str] = set()
    for one in builds:
        members = (members | set(one.added)) - set(one.removed)
    return members


def rewritten_since(view: View, datasets: Sequence[Dataset], since: datetime) -> set[str]:
    several = [one.id for one in datasets if one.version > 1]
    return {one.dataset for one in view.former_versions(several) if one.replaced > since} if several else set()


def in_words(happened: Mapping[str, Sequence[str]], names: Mapping[str, str]) -> str:
    """names: of datasets that can be named; a few are, of many only the number."""
    return ", ".join(f"{files(len(ids))} {what}{named(ids, names)}" for what, ids in happened.items() if ids)


def named(ids: Sequence[str], names: Mapping[str, str]) -> str:
    known = sorted(names[one] for one in ids if one in names)
    return f" ({', '.join(known)})" if known and len(ids) <= MOST_NAMED else ""


def files(count: int) -> str:
    return f"{count:,} {'file' if count == 1 else 'files'}"
