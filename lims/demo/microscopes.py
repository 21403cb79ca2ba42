"""The demo's instruments write here: every visit's files, with the times they would have."""

import os
import zlib
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from lims.demo.formats import WRITERS
from lims.demo.formats.serialem import mdoc_of
from lims.demo.recipes import RECIPES, Recipe, file_name, shot_of
from lims.demo.shot import Shot
from lims.demo.story import CUT, ORPHAN, Visit

ZONE = ZoneInfo("Europe/Berlin")
PREFIXES = {
    "arm": "JEOL_ARM200F",
    "gemini": "GeminiSEM_560",
    "helios": "Helios_5",
    "krios": "Krios_G4",
    "titan": "Titan_Themis",
}
SAVED_AFTER = timedelta(seconds=4)
"""A file is written so long after its acquisition began."""


def working_day(today: date, days: int) -> date:
    """`days` working days after today; negative ones before it."""
    moved = np.busday_offset(np.datetime64(today), days, roll="backward" if days <= 0 else "forward")
    return date.fromisoformat(str(moved))


def moment(today: date, days: int, at: clock) -> datetime:
    return datetime.combine(working_day(today, days), at, ZONE)


def write_visit(root: Path, today: date, visit: Visit) -> list[Path]:
    """All files of a visit below `root`, the store's folder; the one of CUT ends in the middle."""
    start = moment(today, -visit.days_ago, visit.start)
    folder = root / PREFIXES[visit.instrument] / f"{start:%Y}" / f"{start:%Y-%m-%d} {visit.sample}"
    random = np.random.default_rng(visit.days_ago)
    written: list[Path] = []
    counts: dict[str, int] = {}
    for minutes, name, many in visit.series:
        at = start + timedelta(minutes=minutes)
        for place in range(1, many + 1):
            counts[name] = counts.get(name, 0) + 1
            path = write_one(folder, RECIPES[name], at, visit.user, visit.sample, counts[name])
            if (visit.days_ago, name, place) == CUT:
                cut(path)
            written.append(path)
            at += timedelta(seconds=int(random.integers(110, 260)))
    return written


def write_orphan(root: Path, today: date) -> Path:
    days, at, instrument, recipe, operator, sample = ORPHAN
    folder = root / PREFIXES[instrument] / "quick looks"
    return write_one(folder, RECIPES[recipe], moment(today, -days, at), operator, sample, 1)


def write_one(folder: Path, recipe: Recipe, at: datetime, operator: str, sample: str, number: int) -> Path:
    seed = zlib.crc32(f"{recipe.source} {sample} {number} {at:%Y%m%d}".encode())
    shot = shot_of(recipe, at, operator, sample, number, seed)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(recipe, shot)
    WRITERS[recipe.format](path, shot)
    set_times(path, shot)
    return path


def set_times(path: Path, shot: Shot) -> None:
    saved = (shot.at + SAVED_AFTER).timestamp()
    for one in (path, mdoc_of(path)):
        if one.exists():
            os.utime(one, (saved, saved))


def cut(path: Path) -> None:
    """Leave 60 % of a file, as a copy that broke off does; its time stays."""
    times = path.stat()
    os.truncate(path, path.stat().st_size * 6 // 10)
    os.utime(path, (times.st_atime, times.st_mtime))
