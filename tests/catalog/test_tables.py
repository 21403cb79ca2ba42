"""Each dataclass and its table: the same fields, and every value comes back."""

import json
import math
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from lims.catalog import Catalog, codec
from lims.catalog.lake import open_lake
from lims.catalog.migrations import migrate
from lims.catalog.relations import NAMES
from lims.catalog.tables import BY_ROW, TABLES, columns_of
from lims.model import (
    SYSTEM,
    Activity,
    Alert,
    Axis,
    Collection,
    Dataset,
    Environment,
    FormerVersion,
    Instrument,
    Person,
    Project,
    Record,
    RecordBuild,
    Relation,
    Replay,
    Reservation,
    Rhythm,
    Run,
    RunFile,
    Sample,
    SavedSearch,
    SearchNews,
    SearchNotice,
    SearchWatch,
    Session,
    SessionEvent,
    Settlement,
    Signal,
    Source,
    Spread,
    Step,
    Value,
)

T0 = datetime(2018, 11, 13, 17, 30, 0, 123456, tzinfo=UTC)
SOURCES = (Source("raw", "Titan/", ("10.0.3.17",), 1.5, T0, None), Source("raw", "ü/"))
SIGNALS = (Signal("Eve", "EDS_TEM", (2, 3), "<f4", (Axis("x", 3, 1e-10, math.inf, "m"),)),)
VALUES = {"acceleration_voltage": Value(3e5, "V", "a.b", "300 kV"), "elements": Value(["Fe", "Cr"])}
SPREADS = {"magnification": Spread(2, "", 1e3, 5e4), "title": Spread(9, examples=("a",))}
THINGS = [
    Instrument("titan", "Titan \"TEM\" & 'co' <é>", "Europe/Berlin", SOURCES, "B 12", (), "strict", True, 7, Rhythm(2)),
    Person("ada", "Ada \x00\n\t😀", ""),
    Project("AM-12", "%_\\"),
    Sample("17-4-500C", "", None),
    Collection("col-1", "t", "ada", None, ("dat-1", "rec-1")),
    Reservation("rsv-1", "titan", "ada", "t", T0, T0, None, "s", "uid@calendar"),
    Session("ses-1", "titan", "ada", "bob", T0, "t", ("c", "d"), None, None, "n", None, "paused", None),
    Session("ses-2", "titan", "ada", "bob", T0, end=T0, state="ended"),
    SessionEvent("evt-1", "ses-1", "edit", T0, "ada", "", {"people": [[], ["c"]], "n": math.inf, "at": T0}),
    Dataset("dat-1", "raw", "raw", "a/\udcff.dm3", 2**62, T0),
    Dataset(
        "dat-2",
        "derived",
        "raw",
        "b",
        0,
        T0,
        ("c.ser",),
        "ab12",
        companions_sha256=("cd34",),
        content_hash="ef",
        status="failed",
        signals=SIGNALS,
        normalised=VALUES,
        acquired=T0,
        clock="inner",
        preview_size=(768, 512),
        version=3,
    ),
    Step("dat-1", "hash", "failed", 2, "why", "1.0", None),
    Activity("act-1", "ses-1", 1, T0, T0, ("dat-1",), VALUES, SPREADS, "the first files"),
    Record("rec-1", "ses-1", "attention", "t", 1, 2, 3, 4, "file times", "dat-1", T0),
    Run("run-1", "ada", "fft.ipynb", "done", T0, None, "ab", {"t": (1, math.inf)}, "env-1", ("dat-1",), (),
        None, "", ("ab",), "script", "dat-2", "c0ffee+", "/data/ada", "run-0", {"*.csv": {"absolute": 0.5}},
        ("odd",)),
    RecordBuild("rec-1", 2, T0, "1 file came", ("dat-1",), (), ("dat-2",)),
    FormerVersion("dat-2", 2, "raw", "b", 5, T0, T0, ("c.ser",), "12", (), "dm3", SIGNALS, VALUES, None),
    Settlement("dat-1", "home", "session", "ada", T0, "ses-1", "it is hers"),
    RunFile("run-1", 1, "input", "/a/\udcff.dm3", "dat-1", "ab", "npy-1:0", 2**40, ("declared", "traced"),
            ("h5py",), "n", T0),
    Replay("rpl-1", "run-1", "bob", T0, False, {"same": False}, ({"name": "a", "max_abs": math.inf},), "p", 1.5),
    Relation("rel-1", "dat-2", "dat-1", "fft", {"window": "hann"}, "observed", "run-1", "ada", "ab", "odd", "accepted"),
    Environment("env-1", {"packages": {"numpy": "2"}, "n": 2}),
    SavedSearch("sav-1", "ada", "é", "a:b", "record", T0, {"format": ("dm3",)}, "oldest", Alert(True, True, "https://h")),
    SearchWatch("sav-1", T0, "5ec", "There is no field 'a'"),
    SearchNews("sav-1", "dat-1", T0, True),
    SearchNotice("sav-1", "webhook", T0, T0, 2, "refused"),
]


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: f"{type(thing).__name__}-{getattr(thing, 'id', '')}")
def test_what_the_audit_tells_of_stored_rows_is_what_it_tells_of_the_thing(thing: Any) -> None:
    table = BY_ROW[type(thing)]
    of_thing = codec.dumps(codec.encode(table.as_json(thing)))
    (of_row,) = table.told(table.store([thing]))
    assert codec.decode(json.loads(of_row)) == codec.decode(json.loads(of_thing))


def test_every_kind_of_row_is_tried_here() -> None:
    assert {type(thing) for thing in THINGS} == set(BY_ROW) - {next(t.row for t in TABLES if t.name == "audit")}


@pytest.mark.parametrize("in_files", [False, True], ids=["inlined", "in files"])
def test_every_thing_comes_back_equal(catalog: Catalog, in_files: bool) -> None:
    """From memory, from the lake, and from Parquet files."""
    catalog.write(lambda change: change.put_all(THINGS, action="put"), by=SYSTEM)  # type: ignore[arg-type]
    if in_files:
        catalog.maintain()
    now, then = catalog.view(SYSTEM), catalog.view(SYSTEM, as_of=catalog.snapshot())
    for view in (now, then):
        assert view.instruments() + view.people() + view.projects() == THINGS[:3]
        assert view.samples() + view.collections() + view.reservations() == THINGS[3:6]
        assert {repr(one) for one in view.sessions()} == {repr(one) for one in THINGS[6:8]}
        assert view.events("ses-1") == [THINGS[8]]
        assert view.datasets(ids=["dat-1", "dat-2"]) == THINGS[9:11][::1]
        assert view.steps("dat-1") + view.activities("ses-1") == THINGS[11:13]  # type: ignore[operator]
        assert [
            view.record("rec-1"),
            view.run("run-1"),
            *view.builds("rec-1"),
            *view.former_versions(["dat-2"]),
            *view.settlements(["dat-1"]),
            *view.run_files("run-1"),
            *view.replays("run-1"),
            *view.relations("dat-1"),
            *(Environment(*one) for one in view.environments().items()),
            *view.saved_searches("ada"),
            *view.search_watches("sav-1"),
            *view.search_news("sav-1"),
            *view.search_notices("sav-1"),
        ] == THINGS[13:]


def test_the_migrations_lead_to_what_the_dataclasses_say(catalog: Catalog) -> None:
    """A field that is added to a dataclass needs a migration: this is where its absence shows."""
    for name in NAMES:
        for place in ("lake", "memory"):
            found = catalog.view(SYSTEM)._reader.rows(
                """SELECT column_name AS c, data_type AS t FROM duckdb_columns()
                WHERE database_name = $p AND table_name = $n""",
                {"p": place, "n": name},
            )
            if found or place == "lake":
                assert sorted((row["c"], row["t"]) for row in found) == sorted(columns_of(name)), (name, place)


def test_nothing_is_downloaded(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The extensions come out of their wheels into the facility; DuckDB may not fetch others by itself."""
    folder = tmp_path_factory.mktemp("fresh")
    connection = open_lake(folder / "catalog", extensions=folder / "extensions")
    migrate(connection, folder)
    settings = dict(
        connection.execute(
            """SELECT name, value FROM duckdb_settings()
            WHERE name LIKE '%known_extensions' OR name = 'extension_directory'"""
        ).fetchall()
    )
    assert settings["autoinstall_known_extensions"] == settings["autoload_known_extensions"] == "false"
    assert settings["extension_directory"] == str(folder / "extensions")
    loaded = connection.execute(
        "SELECT install_path FROM duckdb_extensions() WHERE loaded AND install_mode <> 'STATICALLY_LINKED'"
    ).fetchall()
    assert len(loaded) == 2
    assert all(path.startswith(str(folder)) for (path,) in loaded)
    with pytest.raises(duckdb.Error):
        connection.execute("SELECT * FROM 'https://127.0.0.1:9/x.parquet'")
    connection.close()
