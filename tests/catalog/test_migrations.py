"""A catalog that an older version wrote is brought forward, whole or not at all; a newer one is refused."""

from pathlib import Path

import duckdb
import pytest

from lims.catalog import Catalog
from lims.catalog.lake import open_lake
from lims.catalog.migrations import MIGRATIONS, migrate, schema_version
from lims.errors import Unavailable
from lims.model import SYSTEM, Value

# Rows as version 1 wrote them, in its own SQL.
WRITTEN_BY_VERSION_1 = """
INSERT INTO lake.instrument VALUES ('titan', 'Titan', 'UTC', '[]', '');
INSERT INTO lake.session VALUES ('ses-1', 'titan', 'alice', 'alice', '2018-11-13 17:30:00+00', 'Grain', ['carol'], NULL,
  NULL, '', NULL, 'open', NULL);
INSERT INTO lake.dataset ("id", "kind", "store", "key", "bytes", "modified", "companions", "status", "format",
  "signals", "normalised", "clock", "clock_note", "session", "blank", "version") VALUES
  ('dat-1', 'raw', 'raw', 'a.dm3', 5, '2018-11-13 18:00:00+00', [], 'extracted', 'dm3', '[]',
   '{"acceleration_voltage":{"value":200000.0,"unit":"V","source":"","text":""}}', 'file', '', 'ses-1', '', 1);
INSERT INTO lake.leaf VALUES ('dat-1', 'A.Mode', 'Élan Vital', NULL), ('dat-1', 'A.Voltage', '200000', 200000);
INSERT INTO lake.normalised VALUES ('dat-1', 'acceleration_voltage', '200000', 200000, 'V');
INSERT INTO lake.run ("id", "user", "notebook", "status", "start", "parameters", "environment", "inputs", "outputs",
  "error") SELECT 'run-' || n, 'alice', 'fft.ipynb', 'done', '2018-11-14 09:00:00+00', '{}',
  CASE WHEN n < 3 THEN '{"packages":{"numpy":"1.16"}}' ELSE '{}' END, ['dat-1'], [], '' FROM range(1, 4) r(n);
INSERT INTO lake.relation VALUES ('rel-1', 'dat-1', 'dat-1', 'FFT', '{}', 'declared', 'run-1', 'alice');
INSERT INTO lake.document VALUES ('dat-1', 'dm3', 'test', '1', [], '{"A":{"Mode":"Élan Vital","Voltage":"200000"}}');
"""


@pytest.fixture
def version_1(tmp_path: Path, extensions: Path) -> Path:
    folder = tmp_path / "old"
    connection = open_lake(folder, extensions=extensions)
    migrate(connection, folder, MIGRATIONS[:1])
    connection.execute(WRITTEN_BY_VERSION_1)
    connection.close()
    return folder


def test_a_catalog_of_version_1_is_brought_forward_with_all_it_holds(version_1: Path, extensions: Path) -> None:
    with Catalog.open(version_1, extensions=extensions) as catalog:
        assert catalog.status()["schema"] == len(MIGRATIONS) > 1
        view = catalog.view(SYSTEM)
        assert view.session("ses-1").people == ("carol",)
        assert view.dataset("dat-1").normalised == {"acceleration_voltage": Value(200000.0, "V")}
        assert view.document("dat-1") == {"A": {"Mode": "Élan Vital", "Voltage": "200000"}}
        for query in ("elan", "a.dm3", '"elan vital"', "A.Mode:elan", "A.Voltage:>100000", "grain"):
            assert [hit.id for hit in view.search(query, kind="dataset").items] == ["dat-1"], query


def test_an_environment_that_stood_in_each_run_is_kept_once(version_1: Path, extensions: Path) -> None:
    with Catalog.open(version_1, extensions=extensions) as catalog:
        view = catalog.view(SYSTEM)
        ((name, facts),) = view.environments().items()
        assert facts == {"packages": {"numpy": "1.16"}}
        assert [view.run(f"run-{n}").environment for n in (1, 2, 3)] == [name, name, ""]
        assert view.run("run-1").kind == "notebook"
        assert view.relation("rel-1").settled == ""


def test_what_it_was_before_can_still_be_read(version_1: Path, extensions: Path) -> None:
    """Tables and columns that came later are empty then, and no error."""
    connection = open_lake(version_1, extensions=extensions)
    [[before]] = connection.execute("SELECT id FROM ducklake_current_snapshot('lake')").fetchall()
    connection.close()
    with Catalog.open(version_1, extensions=extensions) as catalog:
        view = catalog.view(SYSTEM, as_of=before)
        assert view.session("ses-1").title == "Grain"
        assert view.search("elan", kind="dataset").total == 0
        assert view.search("grain user:alice after:2018 is:raw voltage:200kV", kind="dataset").total == 1
        assert view.search("voltage:300kV", kind="dataset").total == 0


def test_a_migration_that_fails_leaves_the_catalog_as_it_was(version_1: Path, extensions: Path) -> None:
    connection = open_lake(version_1, extensions=extensions)
    broken = "CREATE TABLE lake.extra (a BIGINT); INSERT INTO lake.extra SELECT nosuch FROM lake.dataset"
    with pytest.raises(duckdb.Error):
        migrate(connection, version_1, (MIGRATIONS[0], broken))
    assert schema_version(connection) == 1
    assert connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'extra'").fetchall() == []
    connection.close()
    Catalog.open(version_1, extensions=extensions).close()


def test_a_newer_catalog_is_refused_in_a_sentence(folder: Path, extensions: Path) -> None:
    connection = open_lake(folder, extensions=extensions)
    connection.execute("INSERT INTO lake.schema_version VALUES (99, now())")
    connection.close()
    with pytest.raises(Unavailable, match=r"newer jupyter-lims \(schema 99.*Upgrade"):
        Catalog.open(folder, extensions=extensions)


def test_opening_twice_migrates_once(folder: Path, extensions: Path) -> None:
    with Catalog.open(folder, extensions=extensions) as catalog:
        before = catalog.snapshot()
    with Catalog.open(folder, extensions=extensions) as catalog:
        assert catalog.snapshot() == before
