"""A facility of eight years, without files: sessions of 400 people on 40 instruments, skewed as in life.

A few people, instruments and formats have most of it; half of the sessions have guests; a file has 63 leaves.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import synthetic_datasets
from synthetic_datasets import MATERIALS, read

from lims.catalog import Catalog, Transaction
from lims.model import (
    SYSTEM,
    Dataset,
    Extraction,
    Instrument,
    Project,
    Record,
    Sample,
    Session,
    Source,
    Value,
    new_id,
    record_id_of,
)

BEGIN, YEARS = datetime(2018, 11, 1, tzinfo=UTC), 8
INSTRUMENTS, PEOPLE, PROJECTS, SAMPLES = 40, 400, 600, 5_000
FORMATS = ("dm3", "tif", "emd", "ser", "dm4", "msa", "bcf", "mrc", "hspy", "h5", "png", "txt")
FILES_A_SESSION = 20
BATCH = 5_000
TOPICS = ("grain", "boundary", "dislocation", "interface", "precipitate", "twin", "void", "oxide", "strain", "domain")
SEEN = ("haadf", "survey", "diffraction", "lattice", "map", "tilt", "drift", "overview", "detail", "reference")

Batch = tuple[list[object], list[tuple[Dataset, Extraction]]]


def skewed(chance: random.Random, count: int) -> int:
    """The first ones by far most often."""
    return min(int(chance.paretovariate(0.7)) - 1, count - 1) if chance.random() < 0.8 else chance.randrange(count)


def place(change: Transaction) -> None:
    for number in range(INSTRUMENTS):
        name = f"{('Titan', 'Talos', 'Helios', 'Merlin', 'JEM')[number % 5]} {number:02}"
        change.put(Instrument(f"i{number:02}", name, "UTC", (Source("raw", f"i{number:02}/"),)), action="set up")
    projects = [Project(f"P{n:03}", f"{TOPICS[n % 10]} of {MATERIALS[n % 6]}") for n in range(PROJECTS)]
    change.put_all(projects, action="set up")
    change.put_all([Sample(f"S{n:04}", f"{MATERIALS[n % 6]} {n}") for n in range(SAMPLES)], action="set up")


def batches(size: int) -> Iterator[Batch]:
    """Sessions with their records, and their files, until there are so many."""
    things: list[object] = []
    files: list[tuple[Dataset, Extraction]] = []
    number = 0
    while number < size:
        chance = random.Random(number)
        session = session_of(chance)
        count = min(max(1, round(chance.expovariate(1 / FILES_A_SESSION))), size - number)
        mine = [file_of(number + one, session, chance) for one in range(count)]
        sizes = sum(one.bytes for one, _ in mine)
        things += [session, Record(record_id_of(session.id), session.id, "complete", session.title, count, sizes, 1)]
        files += mine
        number += count
        if len(files) >= BATCH:
            yield things, files
            things, files = [], []
    yield things, files


def session_of(chance: random.Random) -> Session:
    user = f"p{skewed(chance, PEOPLE):03}"
    start = BEGIN + timedelta(seconds=chance.randrange(YEARS * 365 * 86_400))
    guests = tuple({f"p{chance.randrange(PEOPLE):03}" for _ in range(chance.choice((0, 0, 1, 3)))} - {user})
    return Session(
        new_id("session"),
        f"i{skewed(chance, INSTRUMENTS):02}",
        user,
        user,
        start,
        title=f"{chance.choice(TOPICS)} {chance.choice(SEEN)} in {chance.choice(MATERIALS)}",
        people=guests,
        project=f"P{skewed(chance, PROJECTS):03}",
        sample=f"S{skewed(chance, SAMPLES):04}",
        notes=f"{chance.choice(SEEN)} of the {chance.choice(TOPICS)}, holder {chance.randrange(30)}",
        end=start + timedelta(hours=3),
        state="ended",
    )


def file_of(number: int, session: Session, chance: random.Random) -> tuple[Dataset, Extraction]:
    known = read(number)
    moment = session.start + timedelta(seconds=chance.randrange(3 * 3600))
    key = f"{session.instrument}/{moment:%Y/%m}/{session.user}/{chance.choice(SEEN)}_{number % 997:03}_{number:08}.dm3"
    detector = known.extraction.signals[0].title
    said = known.dataset.normalised | {"detector_name": Value(detector, "", "x", detector)}
    form = FORMATS[min(skewed(chance, len(FORMATS)), 11)]
    more = {"Run": {"Topic": chance.choice(TOPICS), "Rare": f"find{number % 100_000}", "Count": number % 50}}
    one = replace(
        known.dataset, key=key, session=session.id, instrument=session.instrument, format=form, normalised=said,
        acquired=moment, modified=moment,
    )
    return one, replace(known.extraction, format=form, normalised=said, metadata=known.extraction.metadata | more)


def build(folder: Path, size: int) -> None:
    """The catalog of the facility in `folder`."""
    with Catalog.open(folder / "catalog", extensions=folder / "extensions") as catalog:
        catalog.write(place, by=SYSTEM)
        for things, files in batches(size):
            catalog.write(lambda change, things=things, files=files: put(change, things, files), by=SYSTEM)  # type: ignore[misc]
        catalog.maintain()


def put(change: Transaction, things: list[object], files: list[tuple[Dataset, Extraction]]) -> None:
    change.put_all(things, action="session.log")  # type: ignore[arg-type]
    change.put_all([one for one, _ in files], action="dataset.read")
    steps = [step for one, _ in files for step in synthetic_datasets.steps_of(one.id, one.modified)]
    change.put_all(steps, action="harvest.read")
    for one, extraction in files:
        change.put_extraction(one.id, extraction)
