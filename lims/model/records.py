from dataclasses import dataclass
from datetime import datetime
from typing import Literal

RecordState = Literal["open", "building", "complete", "attention", "cancelled"]


@dataclass(frozen=True)
class Record:
    """A session with its reservation, activities, datasets and notes: what people browse.

    state: `building` from the moment its session ends until the harvest of it is done; `attention` when files failed.
    failed: how many files need attention. clock: which clock placed its files, in words.
    """

    id: str
    session: str
    state: RecordState
    title: str
    datasets: int = 0
    bytes: int = 0
    activities: int = 0
    failed: int = 0
    clock: str = ""
    cover: str | None = None
    built: datetime | None = None
