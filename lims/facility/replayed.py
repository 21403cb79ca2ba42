"""Inside of a replay: results go into a folder of its own instead of the facility, and can be opened from there."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lims.facility.views import DatasetView

VARIABLE = "LIMS_REPLAY"
"""Where it is set, a replay is under way: the folder for its results."""
LIST = "results.jsonl"
FIRST_ID = "dat-replay"


@dataclass(frozen=True)
class Result:
    """One result of a replay. id: by which the code that made it may name it."""

    id: str
    name: str
    path: Path


def shelf() -> Path | None:
    given = os.environ.get(VARIABLE)
    return Path(given) if given else None


def put(folder: Path, made: Path, about: Mapping[str, Any]) -> DatasetView:
    """Keep a result of the replay; answers as the facility would."""
    number = len(list(results(folder))) + 1
    place = folder / f"{number:04}"
    place.mkdir(parents=True)
    shutil.move(made, place / made.name)
    kept = Result(f"{FIRST_ID}{number:04}", made.name, place / made.name)
    line = json.dumps({"id": kept.id, "name": kept.name, "path": str(kept.path), **about})
    with (folder / LIST).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    return as_dataset(kept)


def results(folder: Path) -> Iterator[Result]:
    """What the replay has saved, in its order."""
    try:
        lines = (folder / LIST).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        told = json.loads(line)
        yield Result(told["id"], told["name"], Path(told["path"]))


def find(folder: Path, dataset_id: str) -> Result | None:
    return next((one for one in results(folder) if one.id == dataset_id), None)


def as_dataset(one: Result) -> DatasetView:
    now = datetime.now(UTC)
    size = one.path.stat().st_size
    empty: Sequence[Any] = ()
    return DatasetView(
        id=one.id, name=one.name, store="", key=str(one.path), companions=(), bytes=size, modified=now, sha256=None,
        format="", status="registered", origin="derived", instrument=None, session=None, record=None, activity=None,
        owner=None, acquired=None, clock="file", clock_note="", blank="", preview=None, preview_size=None,
        no_picture="", signals=tuple(empty), normalised={}, failures=(), tags=(), python=f'lims.open("{one.id}")',
    )  # fmt: skip
