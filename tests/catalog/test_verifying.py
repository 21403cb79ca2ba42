"""What is wrong with the index is found and named; made anew, it is right."""

import random

import numpy as np
import pytest

from lims.catalog import Catalog
from lims.catalog.changes import Changes
from lims.catalog.relations import MEMORY
from lims.model import SYSTEM, IndexCheck
from tests.catalog.test_rebuilding import read
from tests.catalog.test_search_agrees import Play
from tests.catalog.world import STAFF, World, build_world


@pytest.fixture
def filled(catalog: Catalog) -> World:
    world = build_world(catalog)
    read(catalog, "often", times=3)
    catalog.view(STAFF).search("voltage:>1V haadf detector:x", kind="dataset")
    return world


def damage(catalog: Catalog, *statements: str) -> None:
    """In the lake, as a fault of ours would; memory is read anew from it."""
    cursor = catalog._connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    catalog._committer._hot.load()
    catalog._committer._feed.note_all(catalog.snapshot())


def told(check: IndexCheck) -> list[tuple[str, str]]:
    return [(one.part, one.dataset) for one in check.differences]


def test_a_sound_index_differs_in_nothing(catalog: Catalog, filled: World) -> None:
    check = catalog.verify_index()
    assert (check.differences, check.counts, check.differing) == ((), {}, 0)
    view = catalog.view(SYSTEM)
    assert check.datasets == len(view.datasets())
    assert check.documents == len(view.readers())
    assert min(check.words, check.leaves) > 60
    catalog.maintain()
    assert catalog.verify_index().differences == ()


def test_after_thousands_of_random_changes_it_is_sound(catalog: Catalog) -> None:
    play = Play(catalog, random.Random(3))
    for round_ in range(12):
        play.change()
        if round_ % 3 == 0:
            play.catalog.view(STAFF).search("grain voltage:>1kV detector:haadf", kind="dataset")
        assert catalog.verify_index().differences == ()
    catalog.rebuild_index()
    assert catalog.verify_index().differences == ()
    play.change()
    assert catalog.verify_index().differences == ()


NO_VALUES = """DROP TABLE lake.normalised; CREATE TABLE lake.normalised
  ("field" VARCHAR, "doc" BIGINT, "text" VARCHAR, "number" DOUBLE, "unit" VARCHAR)"""


@pytest.mark.parametrize("lies_in_files", [False, True])
@pytest.mark.parametrize(
    ("statement", "part", "sentence"),
    [
        ("INSERT INTO lake.word SELECT 'unheard', {names}", "words", "1 too many (unheard)"),
        ("INSERT INTO lake.normalised SELECT 'pressure', {names}, '1', 1, 'Pa'", "normalised", "1 too many ("),
        (NO_VALUES, "normalised", "missing ("),
        ("INSERT INTO lake.leaf SELECT {path}, {tree}, 'never said', NULL", "leaves", "1 too many ("),
        ("INSERT INTO lake.leaf SELECT 9999, {tree}, 'never said', NULL", "leaves", "a path that is not known"),
        ("UPDATE lake.path SET \"unit\" = 'furlong' WHERE \"code\" = {path}", "leaves", "missing"),
        ("INSERT INTO lake.path SELECT * FROM lake.path WHERE \"code\" = {path}", "paths", "has 2 rows"),
        ("DELETE FROM lake.indexed WHERE \"dataset\" = '{id}'", "indexed", "is not in the index"),
        ("UPDATE lake.indexed SET \"tree\" = NULL WHERE \"dataset\" = '{id}'", "indexed", "not found by what was read"),
        ("UPDATE lake.indexed SET \"tree\" = 99999 WHERE \"dataset\" = '{id}'", "indexed", "not its own"),
        ("INSERT INTO lake.indexed VALUES ('dat-0000000000', 99999, NULL)", "indexed", "and not there"),
        ("DROP TABLE lake.word; CREATE TABLE lake.word (\"word\" VARCHAR, \"doc\" BIGINT)", "words", "missing ("),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_made_right(
    catalog: Catalog, filled: World, statement: str, part: str, sentence: str, lies_in_files: bool
) -> None:
    if lies_in_files:
        catalog.maintain()
    one = read(catalog, "broken")
    ((names, tree),) = [
        (row["names"], row["tree"])
        for row in catalog._reader.rows(f'FROM {MEMORY["indexed"]} WHERE "dataset" = $i', {"i": one})
    ]
    found = catalog._reader.rows(f'SELECT min("code") AS "c" FROM {MEMORY["path"]} WHERE "key" = \'broken0\'')
    damage(catalog, *statement.format(id=one, names=names, tree=tree, path=found[0]["c"]).split("; "))
    check = catalog.verify_index()
    assert check.counts[part] >= 1
    about = [different for different in check.differences if different.part == part]
    assert any(sentence in different.text for different in about), about
    assert any(different.dataset in (one, "", "dat-0000000000") for different in about)
    assert part == "paths" or check.differing >= 1
    catalog.rebuild_index()
    assert catalog.verify_index().differences == ()
    assert [hit.id for hit in catalog.view(SYSTEM).search("broken0:59", kind="dataset").items] == [one]


@pytest.mark.parametrize(
    "column", ["bytes", "format", "session", "moment", "names", "is_there", "number acceleration_voltage"]
)
def test_a_stale_array_is_named(catalog: Catalog, filled: World, column: str) -> None:
    index, one = catalog._indexes.present, filled.datasets[0]
    with index.lock:
        (slot,) = index.files.slots_of([one])
        values = index.files[column]
        values[slot] = not values[slot] if values.dtype == np.bool_ else 7
    check = catalog.verify_index()
    assert check.counts == {"arrays": 1}
    assert told(check) == [("arrays", one)]
    assert (column if column != "is_there" else "is not there") in check.differences[0].text
    catalog.rebuild_index()
    assert catalog.verify_index().differences == ()


def test_arrays_that_missed_a_commit_are_named(
    catalog: Catalog, filled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("lims.catalog.changes.changes_of", lambda _: Changes())
        one = read(catalog, "unheard")
    check = catalog.verify_index()
    assert told(check) == [("arrays", one)]
    assert check.differences[0].text == "is not there"


def test_memory_that_is_not_what_the_catalog_holds_is_named(catalog: Catalog, filled: World) -> None:
    catalog._connection.cursor().execute(f'UPDATE {MEMORY["dataset"]} SET "format" = \'stale\'')
    assert {"memory", "words", "arrays"} == set(catalog.verify_index().counts)
    catalog.rebuild_index()
    assert catalog.verify_index().counts == {}


def test_all_are_counted_and_the_first_ones_told(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lims.catalog.verifying.NAMED", 2)
    ids = [read(catalog, f"n{number}") for number in range(5)]
    damage(catalog, *NO_VALUES.split("; "))
    check = catalog.verify_index()
    assert (check.counts, check.differing, len(check.differences)) == ({"normalised": 5}, len(ids), 2)
