"""A facility's results of some years, without files: what 40 people made of their recordings, run by run.

A person works in campaigns of 3 to 3,000 runs. A campaign begins with its own recordings and an instrument's reference
that everybody reads; most of its runs take what was made just before (chains), some make many of one (fans), some one
of many. Five edges a run.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lims.catalog import Catalog, Transaction
from lims.model import SYSTEM, Dataset, Environment, Instrument, Relation, Run, Session, Source, new_id

BEGIN = datetime(2022, 1, 10, 8, tzinfo=UTC)
PEOPLE, INSTRUMENTS, ENVIRONMENTS = 40, 5, 20
FILES_A_SESSION = 20
BATCH_RUNS = 5_000
LARGEST = 3_000
# (share, inputs, outputs) of a run
KINDS = ((0.55, 1, 1), (0.10, 1, 8), (0.25, 9, 1), (0.10, 5, 3))
STEPS = ("filtered", "FFT", "inverse FFT", "mean", "crop", "map", "profile", "fit")
PARAMS = ({"window": "hann"}, {"sigma_px": 2.0}, {"spot": "A", "spacing": {"value": 0.276, "unit": "nm"}}, {})


@dataclass
class Batch:
    """What one change writes. edges: (input, output) of all of them."""

    sessions: list[Session] = field(default_factory=list)
    datasets: list[Dataset] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)


class Campaign:
    """One person's runs on one set of recordings."""

    def __init__(self, chance: random.Random, number: int, reference: Dataset, into: Batch) -> None:
        self.chance, self.number, self.into = chance, number, into
        self.person = f"p{number % PEOPLE:03}"
        self.at = BEGIN + timedelta(hours=3 * number)
        self.made: list[Dataset] = [reference]

    def record(self, sessions: int) -> None:
        """Recordings, as the microscope left them."""
        for _ in range(sessions):
            one = Session(
                new_id("session"), f"i{self.number % INSTRUMENTS}", self.person, self.person, self.at, title="campaign",
                end=self.at + timedelta(hours=2), state="ended",
            )  # fmt: skip
            self.into.sessions.append(one)
            for number in range(FILES_A_SESSION):
                self.keep(recording(self.chance, one, f"{one.instrument}/{one.id}/{number:03}.dm3"))

    def run(self) -> int:
        """One more run; how many edges it has."""
        _, inputs, outputs = self.chance.choices(KINDS, [share for share, _, _ in KINDS])[0]
        taken = list({one.id: one for one in (self.input() for _ in range(inputs))}.values())
        self.at += timedelta(minutes=2)
        run, name = new_id("run"), self.chance.choice(STEPS)
        written = [self.result(f"{name} {len(self.made) + number}") for number in range(outputs)]
        self.into.runs.append(
            Run(
                run, self.person, f"{name}.ipynb", "done", self.at, self.at + timedelta(minutes=1),
                source_sha256=f"{self.chance.getrandbits(256):064x}",
                parameters={"input": taken[0].id, "size_px": 512, "window": "hann"},
                environment=f"env-{self.chance.randrange(ENVIRONMENTS):020}",
                inputs=tuple(one.id for one in taken),
                inputs_sha256=tuple(str(one.sha256) for one in taken),
                outputs=tuple(one.id for one in written),
                folder=f"/home/{self.person}/campaign {self.number}",
            )
        )  # fmt: skip
        self.into.relations += [
            Relation(
                new_id("relation"), output.id, source.id, name, self.chance.choice(PARAMS), "observed", run,
                self.person, str(source.sha256),
            )
            for source in taken
            for output in written
        ]  # fmt: skip
        for one in written:
            self.keep(one)
        return len(taken) * len(written)

    def input(self) -> Dataset:
        """Mostly something of late."""
        if self.chance.random() < 0.7:
            return self.made[-min(len(self.made), 1 + int(self.chance.expovariate(1 / 12)))]
        return self.chance.choice(self.made)

    def result(self, name: str) -> Dataset:
        return Dataset(
            new_id("dataset"), "derived", "derived", f"{self.person}/{self.number}/{name}.hspy",
            self.chance.randrange(10**4, 10**8), self.at, sha256=f"{self.chance.getrandbits(256):064x}",
            status="extracted", format="hspy", acquired=self.at, owner=self.person, preview_size=(512, 512),
            content_hash=f"hspy:{self.chance.getrandbits(256):064x}",
        )  # fmt: skip

    def keep(self, one: Dataset) -> None:
        self.made.append(one)
        self.into.datasets.append(one)


def recording(chance: random.Random, session: Session | None, key: str) -> Dataset:
    return Dataset(
        new_id("dataset"), "raw", "raw", key, chance.randrange(10**5, 10**9), session.start if session else BEGIN,
        sha256=f"{chance.getrandbits(256):064x}", status="extracted", format="dm3",
        acquired=session.start if session else BEGIN, clock="inner", instrument=session.instrument if session else "i0",
        session=session.id if session else None, preview_size=(512, 512),
    )  # fmt: skip


def batches(runs: int, references: list[Dataset]) -> Iterator[Batch]:
    """Campaigns until there are so many runs, the last one cut short."""
    chance, batch, number, left = random.Random(17), Batch(), 0, runs
    while left:
        size = min(left, LARGEST, int(3 * chance.paretovariate(0.55)))
        campaign = Campaign(chance, number, references[number % INSTRUMENTS], batch)
        campaign.record(1 + size // 100)
        for _ in range(size):
            campaign.run()
        number, left = number + 1, left - size
        if len(batch.runs) >= BATCH_RUNS:
            yield batch
            batch = Batch()
    yield batch


def place(change: Transaction, references: list[Dataset]) -> None:
    for number in range(INSTRUMENTS):
        one = Instrument(f"i{number}", f"Microscope {number}", "UTC", (Source("raw", f"i{number}/"),))
        change.put(one, action="set up")
    facts = {"python": {"version": "3.11.9"}, "packages": {"numpy": "2.4.1", "hyperspy": "2.5.0"}}
    known = [Environment(f"env-{n:020}", {**facts, "build": n}) for n in range(ENVIRONMENTS)]
    change.put_all(known, action="environment.keep")
    change.put_all(references, action="dataset.read")


def build(folder: Path, runs: int) -> None:
    """The catalog of the facility in `folder`."""
    chance = random.Random(16)
    references = [recording(chance, None, f"i{number}/reference.dm3") for number in range(INSTRUMENTS)]
    with Catalog.open(folder / "catalog", extensions=folder / "extensions") as catalog:
        catalog.write(lambda change: place(change, references), by=SYSTEM)
        for batch in batches(runs, references):
            catalog.write(lambda change, batch=batch: put(change, batch), by=SYSTEM)  # type: ignore[misc]
        catalog.maintain()


def put(change: Transaction, batch: Batch) -> None:
    change.put_all(batch.sessions, action="session.log")
    change.put_all(batch.datasets, action="dataset.read")
    change.put_all(batch.runs, action="run.finish")
    change.put_all(batch.relations, action="relation.observe")
