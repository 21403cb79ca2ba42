"""What a pass says of itself, while it runs and afterwards."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FailedFile:
    """A step that could not be done, why, and of which file."""

    key: str
    step: str
    reason: str
    dataset: str = ""


@dataclass(frozen=True)
class Progress:
    """done of total files; doing: the last one, or what is being done. bytes: of what is read as a whole.

    remaining_s: by files and by bytes; None while nobody can say.
    """

    done: int
    total: int
    doing: str = ""
    bytes_done: int = 0
    bytes_total: int = 0
    files_per_s: float = 0.0
    bytes_per_s: float = 0.0
    remaining_s: float | None = None


@dataclass(frozen=True)
class HarvestReport:
    """One pass.

    seen: files in the stores looked at. registered: new datasets; changed: known ones whose files are other files now.
    failed: what this pass could not do, and what earlier passes could not do of the files it looked at.
    records: ids of the records built or rebuilt. waiting: keys of files that are still growing.
    orphans: datasets in no session, of the instruments looked at (0 where only a session was asked for).
    cancelled: it was told to end; left: how many datasets it did not get to, which the next pass takes up.
    unavailable: sentences about what could not be listed. Of the files seen, ignored were left out by the site's
    patterns, junk are leftovers of systems and editors, unclaimed lie where no instrument wrote at their time.
    Who is not staff asks for one session: then all of it is of the datasets of that session only.
    """

    seen: int = 0
    registered: int = 0
    changed: int = 0
    moved: int = 0
    missing: int = 0
    extracted: int = 0
    previews: int = 0
    failed: tuple[FailedFile, ...] = ()
    records: tuple[str, ...] = ()
    orphans: int = 0
    waiting: tuple[str, ...] = ()
    unavailable: tuple[str, ...] = ()
    seconds: float = 0.0
    cancelled: bool = False
    left: int = 0
    ignored: int = 0
    junk: int = 0
    unclaimed: int = 0
