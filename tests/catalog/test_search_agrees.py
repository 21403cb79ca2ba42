"""Thousands of random queries find, count and order what a naive reading of every single thing finds.

The catalog changes all the time meanwhile, so the arrays follow; and what was found once is found as of then later.
"""

import os
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lims.catalog import Catalog, Transaction
from lims.catalog.search import BadQuery, parse
from lims.model import (
    SYSTEM,
    Dataset,
    Extraction,
    Principal,
    Record,
    Session,
    SessionEvent,
    Value,
    new_id,
    record_id_of,
)
from tests.catalog.naive import Naive
from tests.catalog.world import ALICE, BEGIN, BOB, STAFF

SEED = int(os.environ.get("LIMS_SEED", "5"))
ROUNDS = int(os.environ.get("LIMS_SEARCH_ROUNDS", "10"))
QUERIES = 100
"""In each round."""
PEOPLE = ("alice", "bob", "carol", "émile")
WORDS = ("grain", "boundary", "Fe-17_4PH", "drift", "HAADF", "LiFePO₄", "Ångström", "µ-probe", "area 12", "grainy")
PATHS = ("Volts", "Mood", "Probe Current (nA)", "Depth.Level")
FORMATS = ("dm3", "tif", "emd", "hspy")
WHO = (STAFF, ALICE, BOB, Principal("nobody"))


@pytest.fixture(autouse=True)
def all_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of frequent words in a large catalog, which this one is not."""
    monkeypatch.setattr("lims.catalog.search.kept.FEWEST", 0)


class Play:
    def __init__(self, catalog: Catalog, chance: random.Random) -> None:
        self.catalog, self.chance, self.all = catalog, chance, Naive()

    def text(self, most: int = 4) -> str:
        return " ".join(self.chance.choice(WORDS) for _ in range(self.chance.randint(1, most)))

    # --- changes -------------------------------------------------------------------------------------------------

    def change(self) -> None:
        for _ in range(self.chance.randint(1, 12)):
            steps = [self.log, self.register, self.register, self.read, self.read, self.edit, self.tag]
            self.catalog.write(self.chance.choice(steps), by=SYSTEM)
        if self.chance.random() < 0.2 and len(self.all.datasets) > 5:
            self.catalog.write(self.remove, by=SYSTEM)
        if self.chance.random() < 0.1:
            self.catalog.maintain()

    def log(self, change: Transaction) -> None:
        start = BEGIN + timedelta(days=self.chance.randint(0, 200))
        one = Session(
            new_id("session"),
            self.chance.choice(("titan", "attic")),
            self.chance.choice(PEOPLE),
            self.chance.choice(PEOPLE),
            start,
            title=self.text(),
            people=tuple(self.chance.sample(PEOPLE, self.chance.randint(0, 2))),
            project=self.chance.choice((None, "AM-12", "fuel")),
            sample=self.chance.choice((None, "17-4-500C")),
            notes=self.text() if self.chance.random() < 0.5 else "",
            end=start + timedelta(hours=self.chance.randint(1, 8)),
            state="ended",
        )
        record = Record(record_id_of(one.id), one.id, "complete", self.text(2), bytes=self.chance.randint(0, 5000))
        note = SessionEvent(new_id("event"), one.id, "note", start, one.user, self.text())
        change.put_all([one, record, note], action="log")
        self.all.sessions[one.id], self.all.records[record.id] = one, record
        self.all.notes[one.id] = [note.text]

    def register(self, change: Transaction) -> None:
        session = self.chance.choice([None, *self.all.sessions])
        moment = BEGIN + timedelta(days=self.chance.randint(0, 200), seconds=self.chance.randint(0, 5))
        one = Dataset(
            new_id("dataset"),
            self.chance.choice(("raw", "derived")),
            "raw",
            f"{self.chance.choice(WORDS)}/{self.text(2)}_{self.chance.randint(0, 20):03}.{new_id('dataset')[-4:]}",
            self.chance.randint(0, 5000),
            moment,
            session=session,
            owner=None if session and self.chance.random() < 0.8 else self.chance.choice([None, *PEOPLE]),
            instrument=self.chance.choice((None, "titan", "attic")),
            project=self.chance.choice((None, None, "fuel")),
        )
        self.keep(change, one)

    def keep(self, change: Transaction, one: Dataset) -> None:
        change.put(one, action="put")
        self.all.datasets[one.id] = one

    def read(self, change: Transaction) -> None:
        if not self.all.datasets:
            return
        voltage, chance = self.chance.choice((80e3, 200e3, 3e5)), self.chance
        one = replace(
            self.all.datasets[chance.choice([*self.all.datasets])],
            format=chance.choice(FORMATS),
            status="extracted",
            normalised={"acceleration_voltage": Value(voltage, "V"), "detector_name": Value(chance.choice(WORDS))},
        )
        tree: dict[str, Any] = {
            "Microscope": {
                "Volts": voltage,
                "Mood": self.text(2),
                "Probe Current (nA)": chance.choice((0.1, 0.25, 7)),
            },
            "Depth": {"Level": f"{chance.choice((1, 2.5, 300))} {chance.choice(('mm', 'µm'))}"},
        }
        if chance.random() < 0.3:
            del tree["Depth"]
        self.keep(change, one)
        change.put_extraction(one.id, Extraction(one.format, "test", "1", (), one.normalised, tree))
        self.all.trees[one.id] = tree

    def edit(self, change: Transaction) -> None:
        if self.all.sessions:
            one = replace(
                self.all.sessions[self.chance.choice([*self.all.sessions])],
                user=self.chance.choice(PEOPLE),
                title=self.text(),
            )
            change.put(one, action="edit")
            self.all.sessions[one.id] = one
        if self.all.datasets:
            old = self.all.datasets[self.chance.choice([*self.all.datasets])]
            folder = old.key.rpartition("/")[0]
            self.keep(change, replace(old, key=f"{folder}/{self.text(2)} {old.key[-8:]}", bytes=old.bytes + 1))

    def tag(self, change: Transaction) -> None:
        things = [*self.all.datasets, *self.all.records, *self.all.sessions]
        if things:
            thing, tag = self.chance.choice(things), self.text(2)
            change.tag(thing, tag)
            tags = self.all.tags.setdefault(thing, [])
            tags += [] if tag in tags else [tag]

    def remove(self, change: Transaction) -> None:
        one = self.all.datasets.pop(self.chance.choice([*self.all.datasets]))
        change.drop_extraction(one.id)
        change.remove(one, action="remove")
        self.all.trees.pop(one.id, None)
        self.all.tags.pop(one.id, None)

    # --- queries -------------------------------------------------------------------------------------------------

    def query(self, depth: int = 0) -> str:
        parts = []
        for _ in range(self.chance.randint(1, 3)):
            part = self.part(depth)
            parts.append(f"-{part}" if self.chance.random() < 0.2 else part)
        joint = " OR " if self.chance.random() < 0.25 else " "
        return joint.join(parts)

    def part(self, depth: int) -> str:
        chance = self.chance.random()
        if chance < 0.12 and depth < 2:
            return f"({self.query(depth + 1)})"
        if chance < 0.5:
            return self.word()
        return self.term()

    def word(self) -> str:
        text = self.text(self.chance.choice((1, 1, 1, 2, 3)))
        if self.chance.random() < 0.4:
            return f'"{text}"'
        word = text.split()[-1]
        return word[: self.chance.randint(2, len(word))].rstrip("-_") or "grain"

    def term(self) -> str:
        pick = self.chance.choice
        text = pick(WORDS).split()[0]
        return pick(
            (
                f"user:{pick(PEOPLE)}",
                f"people:{pick(PEOPLE)}",
                f"instrument:{pick(('titan', 'attic', 'nowhere'))}",
                f"project:{pick(('AM', 'AM-12', 'fuel', '=fuel'))}",
                "sample:17-4*",
                f"title:{text}",
                f"notes:{text}",
                f'tag:"{text}"',
                f"format:{pick(FORMATS)}",
                f"kind:{pick(('raw', 'derived'))}",
                f"name:{text[:3]}*",
                f"detector:{text}",
                f"voltage:{pick(('>', '>=', '<', '<=', ''))}{pick(('80kV', '200kV', '3e5'))}",
                f"voltage:{pick(('80..200kV', '100kV..1e6V'))}",
                f"bytes:{pick(('>2kB', '<=1000', '1..3kB'))}",
                f"Volts:{pick(('>', '<=', ''))}{pick(('80000', '2e5'))}",
                f"Mood:{text}",
                f'"Probe Current (nA)":{pick((">", "<", ""))}{pick(("0.1", "100pA", "0.25nA"))}',
                f"Depth.Level:{pick(('>=', '<'))}{pick(('1mm', '2500µm', '0.3mm'))}",
                f"during:{pick(('2018-11', '2019-02', '2019-03'))}",
                f"is:{pick(('raw', 'orphan', 'extracted', 'complete'))}".replace("is:extracted", "status:extracted"),
                f"has:{pick(('metadata', 'tag', 'session'))}",
            )
        )


@pytest.fixture
def play(catalog: Catalog) -> Play:
    made = Play(catalog, random.Random(SEED))

    def begin(change: Transaction) -> None:
        for step in (made.log, made.register, made.register, made.read, made.read):
            step(change)

    catalog.write(begin, by=SYSTEM)
    return made


def test_random_queries_find_what_a_naive_reading_finds(play: Play) -> None:
    asked = found = 0
    for _ in range(ROUNDS):
        play.change()
        for _ in range(QUERIES):
            query, who, kind = play.query(), play.chance.choice(WHO), play.chance.choice(("dataset", "record"))
            expected = play.all.find(who, parse(query), kind)
            unknown = [name for name in PATHS if f"{name}:" in query.replace('"', "") and not play.all.knows(who, name)]
            view = play.catalog.view(who)
            if unknown:
                with pytest.raises(BadQuery, match="no field"):
                    view.search(query, kind=kind)  # type: ignore[arg-type]
                continue
            page = view.search(query, kind=kind, limit=10_000, facets=("user", "format"))  # type: ignore[arg-type]
            assert {hit.id for hit in page.items} == expected, f"{query!r} as {who.name} ({kind}), seed {SEED}"
            assert page.total == len(page.items)
            if kind == "dataset":
                in_order = sorted(page.items, key=lambda hit: (-hit.at.timestamp(), hit.id))  # type: ignore[union-attr]
                assert list(page.items) == in_order
                counts = Counter(hit.user for hit in page.items if hit.user)
                assert {one.value: one.count for one in page.facets["user"]} == counts
            asked, found = asked + 1, found + bool(expected)
    assert asked > ROUNDS * QUERIES * 0.8
    assert found > asked / 4, "most queries found nothing, which proves little"


def test_what_was_found_is_found_as_of_then(play: Play) -> None:
    kept: list[tuple[int, str, set[str]]] = []
    for _ in range(5):
        play.change()
        snapshot = play.catalog.snapshot()
        for query in [play.query() for _ in range(10)]:
            page = play.catalog.view(STAFF).search(query, kind="dataset", limit=10_000)
            kept.append((snapshot, query, {hit.id for hit in page.items}))
    play.catalog.maintain()
    for snapshot, query, ids in kept:
        page = play.catalog.view(STAFF, as_of=snapshot).search(query, kind="dataset", limit=10_000)
        assert {hit.id for hit in page.items} == ids, f"{query!r} as of {snapshot}"


SORTS = ("newest", "oldest", "largest", "smallest", "name", "-name", "user", "voltage", "-Volts")


@pytest.mark.parametrize("sort", SORTS)
def test_pages_by_offset_and_by_cursor_are_the_whole_in_order(play: Play, sort: str) -> None:
    view = play.catalog.view(STAFF)
    for _ in range(4):
        play.change()
        whole = [hit.id for hit in view.search("", limit=10_000, sort=sort).items]
        assert len(set(whole)) == len(whole) == len(play.all.datasets) + len(play.all.records)
    by_offset, by_cursor, cursor = [], [], ""
    for offset in range(0, len(whole), 5):
        by_offset += [hit.id for hit in view.search("", limit=5, offset=offset, sort=sort).items]
        page = view.search("", limit=5, sort=sort, cursor=cursor)
        by_cursor, cursor = by_cursor + [hit.id for hit in page.items], page.cursor
    assert by_offset == by_cursor == whole
    assert cursor == ""


def test_arrays_show_what_the_rule_in_sql_shows(play: Play) -> None:
    """The rule stands twice in `visibility.py`, in SQL and for arrays."""
    for _ in range(4):
        play.change()
        for who in WHO:
            view = play.catalog.view(who)
            in_sql = {row["id"] for row in view._ask('SELECT "id" FROM dataset WHERE "copy_of" IS NULL')}
            assert {hit.id for hit in view.search("", kind="dataset", limit=10_000).items} == in_sql
            of_then = play.catalog.view(who, as_of=play.catalog.snapshot())
            assert {hit.id for hit in of_then.search("", kind="dataset", limit=10_000).items} == in_sql
