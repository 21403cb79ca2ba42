"""What the published views hold for whom."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lims.catalog import Catalog
from lims.catalog.lake import engine_to_read
from lims.catalog.sql.published import VIEWS
from lims.catalog.sql.reading import publish
from lims.errors import Unavailable
from lims.model import SYSTEM, Principal, Signal
from lims.model.datasets import Axis
from tests.catalog.world import ALICE, BOB, SECRET, STAFF, World, build_world, dataset

Ask = Callable[..., list[tuple[Any, ...]]]
STRANGER = Principal("stranger")


@pytest.fixture
def ask(extensions: Path) -> Iterator[Ask]:
    """Rows of a statement as somebody; each on a connection of its own, as in the process that runs it."""
    opened: list[duckdb.DuckDBPyConnection] = []

    def rows(catalog: Catalog, who: Principal, sql: str, as_of: Any = None) -> list[tuple[Any, ...]]:
        opened.append(engine_to_read(extensions, 256))
        publish(opened[-1], catalog.folder, VIEWS, who, catalog.view(who, as_of).base_in_lake)
        return opened[-1].execute(sql).fetchall()

    yield rows
    for one in opened:
        one.close()


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_as_it_is_documented(ask: Ask, world: World, view: str) -> None:
    described = [(name, kind) for name, kind, *_ in ask(world.catalog, STAFF, f"DESCRIBE {view}")]
    assert described == [(column.name, column.kind) for column in VIEWS[view].columns]
    assert all(column.meaning for column in VIEWS[view].columns)


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_holds_a_word_of_what_somebody_may_not_see(ask: Ask, world: World, view: str) -> None:
    for who in (BOB, STRANGER):
        said = str(ask(world.catalog, who, f"FROM {view}"))
        assert SECRET not in said
        assert not {one for one in world.secret_ids if one in said}


@pytest.mark.parametrize("view", [name for name in VIEWS if name != "signals"])
def test_staff_and_who_owns_it_see_what_is_there(ask: Ask, world: World, view: str) -> None:
    """Signals have a test of their own: this world has none."""
    assert ask(world.catalog, STAFF, f"FROM {view} LIMIT 1")
    assert ask(world.catalog, ALICE, f"FROM {view} LIMIT 1")


def test_each_sees_as_many_datasets_as_in_a_search(ask: Ask, world: World) -> None:
    for who in (STAFF, ALICE, BOB, STRANGER):
        ((seen,),) = ask(world.catalog, who, "SELECT count(*) FROM datasets")
        assert seen == world.catalog.view(who).search(kind="dataset", limit=0).total
    assert ask(world.catalog, STRANGER, "SELECT count(*) FROM datasets") == [(0,)]


def test_joins_and_counts_bring_nothing_hidden_to_light(ask: Ask, world: World) -> None:
    """Bob asks around what is Alice's: by sessions, relations, values, and by what is not there."""
    for sql in (
        "SELECT count(*) FROM metadata m LEFT JOIN datasets d ON m.dataset = d.id",
        "SELECT count(*) FROM normalised WHERE dataset NOT IN (SELECT id FROM datasets)",
        "SELECT count(*) FROM sessions s JOIN sessions t ON s.instrument = t.instrument WHERE s.user <> t.user",
        "SELECT count(*) FROM relations r WHERE r.input NOT IN (SELECT id FROM datasets)",
        "SELECT count(*) FROM records WHERE session NOT IN (SELECT id FROM sessions)",
        "SELECT count(*) FROM tags",
        "SELECT count(session) - count(*) FROM datasets",
    ):
        assert ask(world.catalog, BOB, sql) == [(0,)], sql


ORACLES = (
    "SELECT count(*) FROM datasets WHERE CAST(name AS INTEGER) > 0",
    "SELECT count(*) FROM datasets WHERE CAST(key AS DATE) IS NULL",
    "SELECT count(*) FROM metadata WHERE CAST(text AS INTEGER) > 0",
    "SELECT count(*) FROM metadata WHERE 1 // (CASE WHEN text LIKE '%xyzzy%' THEN 0 ELSE 1 END) = 9",
    "SELECT count(*) FROM sessions WHERE CAST(title AS INTEGER) > 0",
    "SELECT count(*) FROM sessions s JOIN range(5) t(x) ON CAST(s.notes AS INTEGER) = t.x",
    "SELECT max(CAST(title AS INTEGER)) FROM projects",
    "SELECT count(*) FROM normalised WHERE CAST(text AS INTEGER) > 0 AND dataset LIKE 'dat%'",
)


@pytest.mark.parametrize("sql", ORACLES)
def test_no_condition_is_asked_of_a_hidden_row(ask: Ask, world: World, sql: str) -> None:
    """A cast that fails says what it could not read; of hidden rows it must never be tried."""
    try:
        ask(world.catalog, STRANGER, sql)
    except duckdb.Error as error:
        pytest.fail(f"it was tried of a row that is hidden: {error}")


def test_conditions_stay_above_what_narrows_the_rows(ask: Ask, world: World) -> None:
    for view in VIEWS:
        column = next(one for one in VIEWS[view].columns if one.kind == "VARCHAR").name
        sql = f"EXPLAIN (FORMAT json) SELECT count(*) FROM {view} WHERE {column} = 'needle'"
        ((_, plan),) = ask(world.catalog, BOB, sql)
        assert "needle" in plan, view
        below = [branch for tree in json.loads(plan) for branch in below_limits(tree)]
        assert below, view
        assert not any("needle" in branch for branch in below), view


def below_limits(tree: dict[str, Any]) -> list[str]:
    """What each branch of a plan does below the first LIMIT."""
    if "LIMIT" in tree["name"]:
        return [json.dumps(tree["children"])]
    return [found for child in tree["children"] for found in below_limits(child)]


def test_conditions_of_staff_reach_the_files(ask: Ask, world: World) -> None:
    """They see every row, and a question of one path need not read all of the metadata."""
    ((_, plan),) = ask(world.catalog, STAFF, "EXPLAIN SELECT count(*) FROM metadata WHERE path = 'needle'")
    assert "LIMIT" not in plan


def test_then_is_shown_to_who_may_see_it_now(ask: Ask, catalog: Catalog) -> None:
    world = build_world(catalog)
    before = catalog.snapshot()
    moved = catalog.view(SYSTEM).dataset(world.bobs_datasets[0])
    renamed = replace(moved, session=world.session, key="Titan_TEM/other.dm3")
    catalog.write(lambda change: change.put(renamed, action="attach"), by=SYSTEM)
    sql = "SELECT name, session FROM datasets WHERE id = '" + moved.id + "'"
    assert ask(catalog, STAFF, sql) == [("other.dm3", world.session)]
    assert ask(catalog, STAFF, sql, before) == [("map_0.dm3", world.bobs_session)]
    assert ask(catalog, BOB, sql, before) == [], "what is no longer his he does not see as it was, either"
    assert ask(catalog, ALICE, sql, before) == [("map_0.dm3", None)], "nor she the session that it was in"


def test_signals_come_with_their_axes(ask: Ask, catalog: Catalog) -> None:
    axes = (Axis("y", 512, 0.5, 0.0, "nm"), Axis("E", 1024, 0.1, -5.0, "eV"))
    told = (Signal("image", "", (4, 4), "float32", ()), Signal("EELS", "EELS", (512, 1024), "<u2", axes))
    one = dataset("Titan_TEM/a.dm3", signals=told)
    catalog.write(lambda change: change.put(one, action="register"), by=SYSTEM)
    found = ask(catalog, STAFF, "FROM signals ORDER BY position")
    assert [row[:6] for row in found] == [
        (one.id, 0, "image", "", [4, 4], "float32"),
        (one.id, 1, "EELS", "EELS", [512, 1024], "<u2"),
    ]
    assert found[1][6][1] == {
        "name": "E", "size": 1024, "scale": 0.1, "offset": -5.0, "unit": "eV", "is_navigation": False,
    }  # fmt: skip


def test_what_was_just_written_is_there(ask: Ask, catalog: Catalog) -> None:
    one = dataset("Titan_TEM/a.dm3")
    catalog.write(lambda change: change.put(one, action="register"), by=SYSTEM)
    assert ask(catalog, STAFF, "SELECT id FROM datasets") == [(one.id,)]
    catalog.write(lambda change: change.tag(one.id, "good"), by=SYSTEM)
    assert ask(catalog, STAFF, "SELECT tag FROM tags") == [("good",)]
    catalog.maintain()
    assert ask(catalog, STAFF, "SELECT tag FROM tags") == [("good",)]


LOCKED = (
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM 'x.parquet'",
    "COPY (SELECT 1) TO 'x.csv'",
    "ATTACH 'x.db'",
    "INSTALL httpfs",
    "SET threads = 8",
    "SET enable_external_access = true",
    "RESET memory_limit",
    "SET lock_configuration = false",
)


@pytest.mark.parametrize("sql", LOCKED)
def test_the_connection_would_refuse_by_itself_what_the_reading_lets_through(
    ask: Ask, world: World, sql: str
) -> None:
    with pytest.raises((duckdb.PermissionException, duckdb.InvalidInputException, duckdb.IOException)):
        ask(world.catalog, STAFF, sql)


def test_nobody_knows_what_the_lake_is_called(extensions: Path, world: World) -> None:
    with engine_to_read(extensions, 256) as connection:
        name = publish(connection, world.catalog.folder, VIEWS, BOB, world.catalog.view(BOB).base_in_lake)
        assert len(name) > 30
        with pytest.raises(duckdb.Error):
            connection.execute("SELECT * FROM lake.main.dataset")


def test_a_lake_that_cannot_be_read_is_said_so(extensions: Path, tmp_path: Path, world: World) -> None:
    with engine_to_read(extensions, 256) as connection, pytest.raises(Unavailable, match="cannot be read for SQL"):
        publish(connection, tmp_path / "nothing", VIEWS, BOB, world.catalog.view(BOB).base_in_lake)
