"""A facility with something in it that belongs to one person, under names that try to break things."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image

from lims.facility.facility import Facility
from lims.model import Principal, record_id_of

ADA, BOB = Principal("ada"), Principal("bob")
HOSTILE = 'Eve\'s 5 µm & <b>"50%"\nfilm.tif'
SECRETS = ("Zirconium-secret", "AM-12-secret", "17-4-secret", "Eve", "film.tif", "Gatan-secret")


@dataclass(frozen=True)
class Filled:
    """The ids of what ada has, and of a search that the staff have saved."""

    session: str
    record: str
    dataset: str
    run: str
    event: str
    activity: str
    open_record: str
    search: str


def write_picture(path: Path, at: datetime) -> None:
    noise = np.random.default_rng(7).integers(0, 255, (64, 64), dtype=np.uint8)
    Image.fromarray(noise).save(path, description="Gatan-secret")
    os.utime(path, (at.timestamp(), at.timestamp()))


def fill(facility: Facility, folder: Path) -> Filled:
    """A session of ada's an hour ago with one picture, harvested, a run that read it, and a session still open."""
    start = datetime.now(UTC) - timedelta(hours=1)
    write_picture(folder / "store" / "Titan_TEM" / HOSTILE, start + timedelta(minutes=10))
    session = facility.start_session(
        "titan",
        user="ada",
        title="Zirconium-secret film",
        project="AM-12-secret",
        sample="17-4-secret",
        at=start,
        end=start + timedelta(minutes=30),
    )
    facility.note_session(session.id, "Zirconium-secret drifts")
    saved = facility.save_search("Zirconium-secret", "Zirconium-secret")  # of whoever fills it
    facility.set_alert(saved.id, page=True)
    facility.harvest(session=session.id)
    shown = facility.session(session.id)
    record = facility.record(record_id_of(session.id))
    still_open = facility.start_session(
        "fib", user="ada", title="Zirconium-secret, still open", notes="Zirconium-secret"
    )
    run = facility.begin_run("Zirconium-secret.ipynb")
    facility.record_read(run.id, shown.tiles[0].id)
    return Filled(
        session.id,
        record.id,
        shown.tiles[0].id,
        run.id,
        shown.events[-1].id,
        record.activities[0].id,
        record_id_of(still_open.id),
        saved.id,
    )
