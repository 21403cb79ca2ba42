"""What the building of a finished record changes, against the one before: what people see when a file came late."""

from collections.abc import Sequence
from datetime import UTC, datetime

from lims.catalog import View
from lims.model import Dataset, Record, RecordBuild

FINISHED = ("complete", "attention")


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
    words = in_words(len(added), len(removed), len(changed)) if earlier else f"first built, with {files(len(added))}"
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


def in_words(added: int, removed: int, changed: int) -> str:
    parts = [
        f"{files(added)} came" if added else "",
        f"{files(removed)} left" if removed else "",
        f"{files(changed)} changed" if changed else "",
    ]
    return ", ".join(part for part in parts if part)


def files(count: int) -> str:
    return f"{count:,} {'file' if count == 1 else 'files'}"
