"""What a pass counts while it runs."""

from dataclasses import dataclass, field, replace

from lims.harvest.finding import Found
from lims.harvest.reading import Work
from lims.harvest.scope import Ground


@dataclass
class Tally:
    """What becomes the report. registered, changed, moved, missing, extracted, previews: ids of datasets.

    growing: files that are still being written. unfinished: instruments of which not everything in scope was looked
    at or read, so that no record of theirs can be called complete by this pass. unlisted: where not everything could be
    listed, with the same effect. left: new files that did not fit into it. late: large files, hashed afterwards.
    """

    seen: int = 0
    ignored: int = 0
    junk: int = 0
    unclaimed: int = 0
    registered: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    extracted: set[str] = field(default_factory=set)
    previews: set[str] = field(default_factory=set)
    records: dict[str, None] = field(default_factory=dict)
    growing: list[Found] = field(default_factory=list)
    unavailable: list[str] = field(default_factory=list)
    unfinished: set[str] = field(default_factory=set)
    unlisted: list[Ground] = field(default_factory=list)
    looked_at: int = 0
    left: int = 0
    late: list[Work] = field(default_factory=list)


def merged(first: Tally, second: Tally) -> Tally:
    """Two rounds of one harvest: what was done adds up, what is so is as the second saw it."""
    return replace(
        second,
        registered=first.registered | second.registered,
        changed=first.changed | second.changed,
        moved=first.moved | second.moved,
        missing=first.missing | second.missing,
        extracted=first.extracted | second.extracted,
        previews=first.previews | second.previews,
        records=first.records | second.records,
    )
