"""A session of some hours ago with its files and a result made from one of them: what there is to look at."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from lims import connect
from lims.facility.workbench import save_dataset

Lims = Callable[..., subprocess.CompletedProcess[str]]
TITLE = "Precipitates in the weld toe"
PROJECT = "KX-7"
FILES = {
    "survey.dm3": "dm3/test_STEM_image.dm3",
    "diffraction.dm3": "dm3/test_diffraction_pattern.dm3",
    "lattice.dm3": "dm3/08_carbon.dm3",
    "spectrum.msa": "msa/example1.msa",
}
BROKEN = "map.bcf"
CROP = np.add.outer(np.arange(64), np.arange(64)) % 16


@dataclass(frozen=True)
class Shelf:
    """Ids: the record, the dataset that a result was made from, and the result."""

    record: str
    raw: str
    result: str

    @property
    def query(self) -> str:
        """Finds the files of this session and no others."""
        return f"instrument:fib project:{PROJECT}"


def fill(facility_folder: Path, lims: Lims, data: Path) -> Shelf:
    """Log the session, put its files into the store, let them be read, and save a result."""
    now = datetime.now(UTC).replace(microsecond=0)
    start, written, end = (now - timedelta(hours=hours) for hours in (5, 4, 3))
    folder = facility_folder / "store" / "FIB-2" / "weld toe"
    folder.mkdir()
    for number, (name, source) in enumerate(FILES.items()):
        put(folder / name, (data / "vendor" / source).read_bytes(), written + timedelta(minutes=number))
    whole = (data / "vendor" / "bcf" / "test_TEM.bcf").read_bytes()
    put(folder / BROKEN, whole[: len(whole) * 97 // 100], written + timedelta(minutes=9))
    session = json.loads(
        told(
            lims, "session", "start", "--instrument", "FIB-2", "--title", TITLE, "--project", PROJECT,
            "--sample", "toe 3", "--at", start.isoformat(), "--end", end.isoformat(), "--json",
        )
    )["id"]  # fmt: skip
    told(lims, "harvest", "--session", session)
    with connect(facility_folder) as facility:
        tiles = facility.session(session).tiles
        raw = next(tile.id for tile in tiles if tile.name == "lattice.dm3")
        result = save_dataset(facility, CROP, "crop of the lattice.npy", [raw], "crop 64×64", {"x": 8, "y": 8})
        return Shelf(facility.session(session).record, raw, result.id)


def put(path: Path, content: bytes, at: datetime) -> None:
    path.write_bytes(content)
    os.utime(path, (at.timestamp(), at.timestamp()))


def told(lims: Lims, *arguments: str) -> str:
    done = lims(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout
