"""Work and what came of it, without a store."""

from datetime import UTC, datetime

from lims.extractors import Outcome
from lims.extractors.outcome import Cost
from lims.harvest.reading import Done, Work
from lims.model import Dataset

AT = datetime(2018, 11, 13, tzinfo=UTC)


def work(name: str = "a.txt", size: int = 1, *, do_hash: bool = True) -> Work:
    return Work(Dataset(f"dat-{name}", "raw", "raw", f"Titan_TEM/{name}", size, AT), do_hash=do_hash)


def done(name: str = "a.txt", told: int = 0) -> Done:
    """told: how many bytes its reader had to say."""
    return Done(work(name), outcome=Outcome(None, cost=Cost(0.0, 0, told)))
