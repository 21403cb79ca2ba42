"""What a person's statement may be, and the sentence for each that may not be."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lims.catalog.lake import engine_to_read
from lims.catalog.sql.functions import COMPUTING, MAKING_ROWS, REFUSED, REFUSED_AFTER_FROM
from lims.catalog.sql.published import VIEWS
from lims.catalog.sql.statement import read_statement, taken_names
from lims.errors import Invalid

ONE_SELECT = "Only one SELECT can be asked"
NO_VIEW = "There is no view"
NO_FUNCTION = "cannot be called here"
AFTER_FROM = "cannot stand after FROM"

HOSTILE = {
    # files
    "SELECT * FROM read_parquet('/etc/passwd')": AFTER_FROM,
    "SELECT * FROM read_csv('/etc/passwd')": AFTER_FROM,
    "SELECT * FROM read_text('/proc/self/environ')": AFTER_FROM,
    "SELECT * FROM read_blob('x')": AFTER_FROM,
    "SELECT * FROM read_json_auto('x')": AFTER_FROM,
    "SELECT * FROM parquet_metadata('x')": AFTER_FROM,
    "SELECT * FROM glob('/**')": AFTER_FROM,
    "SELECT * FROM sniff_csv('x')": AFTER_FROM,
    "SELECT * FROM 'file.parquet'": NO_VIEW,
    "FROM '/etc/passwd'": NO_VIEW,
    'FROM "s3://bucket/file.csv"': NO_VIEW,
    "SELECT * FROM datasets WHERE id IN (FROM 'x.csv')": NO_VIEW,
    "WITH a AS (FROM 'x.csv') SELECT * FROM a": NO_VIEW,
    """WITH "x.csv" AS (SELECT 1) SELECT * FROM "x.csv" """: "cannot have the name",
    "COPY (SELECT 1) TO 'x.csv'": ONE_SELECT,
    "COPY datasets FROM 'x.csv'": ONE_SELECT,
    "EXPORT DATABASE 'x'": ONE_SELECT,
    "IMPORT DATABASE 'x'": ONE_SELECT,
    # other databases, extensions, settings
    "ATTACH 'x.db'": ONE_SELECT,
    "DETACH memory": ONE_SELECT,
    "USE memory": ONE_SELECT,
    "INSTALL httpfs": ONE_SELECT,
    "LOAD httpfs": ONE_SELECT,
    "SET threads = 64": ONE_SELECT,
    "RESET ALL": ONE_SELECT,
    "PRAGMA database_list": ONE_SELECT,
    "PRAGMA version": ONE_SELECT,
    "CALL pragma_version()": ONE_SELECT,
    "SELECT current_setting('home_directory')": NO_FUNCTION,
    "SELECT getenv('HOME')": NO_FUNCTION,
    "SELECT getvariable('x')": NO_FUNCTION,
    "FROM duckdb_settings()": AFTER_FROM,
    "FROM duckdb_secrets()": AFTER_FROM,
    "FROM which_secret('x', 's3')": AFTER_FROM,
    "SELECT current_query()": NO_FUNCTION,
    # the tables below and around the views
    "SELECT * FROM lake.main.dataset": NO_VIEW,
    "SELECT * FROM memory.main.datasets": NO_VIEW,
    "SELECT * FROM main.datasets": NO_VIEW,
    "SELECT * FROM dataset": NO_VIEW,
    "SELECT * FROM seen_dataset": NO_VIEW,
    "WITH seen_dataset AS (SELECT 1) SELECT * FROM seen_dataset": "cannot have the name",
    "SELECT * FROM information_schema.tables": NO_VIEW,
    "SELECT * FROM pg_catalog.pg_class": NO_VIEW,
    "SELECT * FROM duckdb_tables": NO_VIEW,
    "SELECT * FROM duckdb_tables()": AFTER_FROM,
    "SELECT * FROM sqlite_master": NO_VIEW,
    "WITH duckdb_tables AS (SELECT * FROM duckdb_tables) SELECT * FROM duckdb_tables": "cannot have the name",
    'WITH "DUCKDB_views" AS (SELECT 1) FROM duckdb_views': "cannot have the name",
    "WITH sqlite_master AS (SELECT 1) SELECT 1": "cannot have the name",
    "FROM (WITH pg_class AS (SELECT 1) SELECT 1), pg_class": "cannot have the name",
    "SELECT * FROM ducklake_snapshots('lake')": AFTER_FROM,
    "SELECT * FROM sqlite_scan('catalog.sqlite', 'ducklake_table')": AFTER_FROM,
    "SELECT * FROM datasets AT (VERSION => 1)": "AT cannot be used",
    "SELECT * FROM seq_scan('datasets')": AFTER_FROM,
    "SHOW TABLES": "Only a view or a SELECT can be described",
    "SHOW ALL TABLES": "Only a view or a SELECT can be described",
    "DESCRIBE lake.main.dataset": NO_VIEW,
    "SUMMARIZE dataset": NO_VIEW,
    # statements in texts
    "SELECT * FROM query('SELECT 1')": AFTER_FROM,
    "SELECT * FROM query_table('datasets')": AFTER_FROM,
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))": AFTER_FROM,
    "PRAGMA json_execute_serialized_sql('x')": ONE_SELECT,
    "SELECT json_serialize_sql('SELECT 1')": NO_FUNCTION,
    "SELECT json_deserialize_sql('{}')": NO_FUNCTION,
    "SELECT * FROM histogram('datasets', bytes)": AFTER_FROM,
    # several, none, changes
    "SELECT 1; SELECT 2": "There are 2 statements",
    "SELECT 1; DROP TABLE datasets": ONE_SELECT,
    "": "There is no statement",
    " ; -- nothing": "There is no statement",
    "INSERT INTO datasets VALUES (1)": ONE_SELECT,
    "UPDATE datasets SET id = 1": ONE_SELECT,
    "DELETE FROM datasets": ONE_SELECT,
    "MERGE INTO datasets USING sessions ON true WHEN MATCHED THEN DELETE": ONE_SELECT,
    "CREATE TABLE x AS SELECT 1": ONE_SELECT,
    "CREATE MACRO f(x) AS x": ONE_SELECT,
    "CREATE VIEW x AS SELECT 1": ONE_SELECT,
    "DROP VIEW datasets": ONE_SELECT,
    "ALTER TABLE datasets RENAME TO x": ONE_SELECT,
    "TRUNCATE datasets": ONE_SELECT,
    "VACUUM": ONE_SELECT,
    "CHECKPOINT": ONE_SELECT,
    "BEGIN": ONE_SELECT,
    "ROLLBACK": ONE_SELECT,
    "EXPLAIN ANALYZE SELECT 1": ONE_SELECT,
    "PREPARE x AS SELECT 1": ONE_SELECT,
    "EXECUTE x": ONE_SELECT,
    "WITH a AS (INSERT INTO datasets VALUES (1) RETURNING *) SELECT * FROM a": "cannot be read",
    # parameters, waiting, leaving traces
    "SELECT ?": "no parameters",
    "SELECT $1": "no parameters",
    "SELECT $name": "no parameters",
    "SELECT ? + $name": ONE_SELECT,
    "SELECT sleep_ms(100000)": NO_FUNCTION,
    "SELECT pg_sleep(100)": NO_FUNCTION,
    "SELECT nextval('x')": NO_FUNCTION,
    "SELECT setseed(0.5)": NO_FUNCTION,
    "SELECT write_log('x')": NO_FUNCTION,
    "SELECT error('x')": NO_FUNCTION,
    "SELECT system.main.read_text('x')": NO_FUNCTION,
    "SELECT pg_catalog.pg_get_viewdef(1)": NO_FUNCTION,
    "SELECT lake.main.f(1)": NO_FUNCTION,
    "SELECT my_own_macro(1)": NO_FUNCTION,
    # shapes
    "SELEC 1": 'syntax error at or near "SELEC" \\(character 1\\)',
    "SELECT 'open": "cannot be read",
    "SELECT 1 /*": "cannot be read",
    "SELECT " + "(" * 20_000 + "1" + ")" * 20_000: "nested too deeply",
    "SELECT " + "1+" * 20_000 + "1": "nested too deeply",
    "SELECT " + "[" * 5_000 + "]" * 5_000: "nested too deeply",
    "SELECT * FROM " + "(SELECT * FROM " * 3_000 + "datasets" + ")" * 3_000: "nested too deeply",
}

GOOD = {
    "SELECT 1": set(),
    "SELECT 1;": set(),
    "from DataSets": {"datasets"},
    "TABLE records": {"records"},
    'SELECT count(*) FROM "datasets" d': {"datasets"},
    "DESCRIBE datasets": {"datasets"},
    "SUMMARIZE SELECT * FROM sessions": {"sessions"},
    "VALUES (1, 'a'), (2, 'b')": set(),
    "SELECT * FROM datasets d JOIN sessions s ON d.session = s.id WHERE s.user = 'x'": {"datasets", "sessions"},
    "SELECT format, count(*) FILTER (bytes > 0) FROM datasets GROUP BY ALL HAVING count(*) > 1 ORDER BY 2 LIMIT 5":
        {"datasets"},
    "SELECT *, row_number() OVER (PARTITION BY session ORDER BY acquired) AS n FROM datasets QUALIFY n = 1":
        {"datasets"},
    "WITH RECURSIVE up(id) AS (SELECT 'd' UNION SELECT r.input FROM relations r, up WHERE r.output = up.id) FROM up":
        {"relations"},
    "WITH datasets AS (SELECT * FROM datasets WHERE format = 'dm3') SELECT * FROM datasets": {"datasets"},
    "WITH a AS MATERIALIZED (SELECT 1 AS x), b AS (FROM a) SELECT * FROM a UNION ALL SELECT * FROM b": set(),
    "SELECT * FROM (PIVOT normalised ON field IN ('dwell_time') USING max(value) GROUP BY dataset)": {"normalised"},
    "SELECT * FROM (UNPIVOT (SELECT 1 AS a, 2 AS b) ON a, b)": set(),
    "SELECT dataset, unnest(shape) FROM signals": {"signals"},
    "SELECT s.dataset, a.name FROM signals s, unnest(s.axes) AS t(a)": {"signals"},
    "SELECT x FROM range(10) t(x) WHERE x BETWEEN 2 AND 5": set(),
    "SELECT list_transform([1, 2], lambda x: x + 1), [y * 2 for y in [1, 2] if y > 1]": set(),
    "SELECT parameters->>'sigma', parameters::JSON->'a' FROM runs": {"runs"},
    "SELECT COLUMNS('.*id') FROM records": {"records"},
    "SELECT * EXCLUDE (sha256) REPLACE (bytes / 1e6 AS bytes) FROM datasets TABLESAMPLE 10%": {"datasets"},
    "SELECT CASE WHEN x THEN 1 ELSE 2 END, CAST('1' AS INTEGER), TRY_CAST('a' AS REAL) FROM (VALUES (1)) t(x)":
        set(),
    "SELECT name FROM datasets WHERE name ILIKE '%haadf%' AND name SIMILAR TO '.*' AND name COLLATE NOCASE = 'A'":
        {"datasets"},
    "SELECT date_trunc('month', acquired), extract(year FROM acquired), acquired AT TIME ZONE 'UTC' FROM datasets":
        {"datasets"},
    "SELECT 1 FROM datasets d WHERE EXISTS (FROM tags WHERE thing = d.id) AND id = ANY (SELECT dataset FROM signals)":
        {"datasets", "tags", "signals"},
    "SELECT max_by(name, bytes), quantile_cont(bytes, 0.5), string_agg(name, ',' ORDER BY name) FROM datasets":
        {"datasets"},
    "SELECT * FROM sessions ASOF JOIN notes ON notes.session = sessions.id AND notes.time >= sessions.start_time":
        {"sessions", "notes"},
    "SELECT session, instrument, count(*) FROM datasets GROUP BY GROUPING SETS ((session), (instrument), ())":
        {"datasets"},
    "SELECT {'a': 1}.a, MAP {'k': 2}['k'], [1, 2, 3][1:2], 'abc'[1], 2 ** 3, 7 // 2, TRY(1 / 0)": set(),
    "SELECT 5 AS \"strange name; DROP\"": set(),
}


@pytest.fixture(scope="module")
def engine(extensions: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with engine_to_read(extensions, 256) as connection:
        yield connection


@pytest.mark.parametrize("statement", HOSTILE, ids=lambda text: text[:60])
def test_a_statement_that_is_more_than_a_question_is_refused_with_a_sentence(
    engine: duckdb.DuckDBPyConnection, statement: str
) -> None:
    with pytest.raises(Invalid, match=HOSTILE[statement]) as told:
        read_statement(engine, statement)
    assert told.value.hint
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 600


@pytest.mark.parametrize("statement", GOOD, ids=lambda text: text[:60])
def test_what_a_question_may_be_is_understood(engine: duckdb.DuckDBPyConnection, statement: str) -> None:
    assert read_statement(engine, statement) == GOOD[statement]


def test_reading_a_statement_runs_nothing_and_opens_nothing(engine: duckdb.DuckDBPyConnection) -> None:
    read_statement(engine, "SELECT count(*) FROM range(1000000000000)")
    read_statement(engine, "SELECT no_such_column FROM datasets")


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=200))
def test_no_text_does_more_than_be_refused(engine: duckdb.DuckDBPyConnection, text: str) -> None:
    with suppress(Invalid):
        assert read_statement(engine, text.replace("\0", "")) == set()


WRAPS = st.sampled_from(
    [
        "SELECT * FROM ({})",
        "SELECT (SELECT 1 FROM ({}))",
        "WITH a AS ({}) SELECT 1",
        "SELECT 1 WHERE EXISTS ({})",
        "SELECT 1 UNION ALL ({})",
        "SELECT * FROM range(3) t(x), LATERAL ({})",
        "WITH RECURSIVE a AS (SELECT 1 UNION ALL ({})) SELECT * FROM a",
        "SELECT 1 ORDER BY (SELECT 1 FROM ({}))",
        "SELECT list_filter([1], lambda x: EXISTS ({}))",
        "SELECT CASE WHEN true THEN 1 ELSE (SELECT 1 FROM ({})) END",
        "SELECT 1 FROM datasets JOIN sessions ON EXISTS ({})",
        "DESCRIBE ({})",
    ]
)
BAD_PARTS = st.sampled_from(
    [
        "SELECT * FROM read_text('x')",
        "SELECT * FROM lake.main.dataset",
        "SELECT * FROM 'x.parquet'",
        "SELECT current_setting('threads')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_columns",
        "SELECT * FROM query('SELECT 1')",
        "SELECT ?",
    ]
)


@settings(max_examples=100, deadline=None)
@given(wraps=st.lists(WRAPS, min_size=1, max_size=4), part=BAD_PARTS)
def test_what_is_refused_is_refused_wherever_it_stands(
    engine: duckdb.DuckDBPyConnection, wraps: list[str], part: str
) -> None:
    statement = part
    for wrap in wraps:
        statement = wrap.format(statement)
    with pytest.raises(Invalid):
        read_statement(engine, statement)


def functions(engine: duckdb.DuckDBPyConnection, *kinds: str) -> set[str]:
    sql = "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE function_type IN (SELECT unnest(?))"
    return {name for (name,) in engine.execute(sql, [list(kinds)]).fetchall()}


def test_every_function_of_the_engine_is_allowed_or_refused_knowingly(engine: duckdb.DuckDBPyConnection) -> None:
    scalar = functions(engine, "scalar", "aggregate", "macro")
    assert [name for name in scalar if (name in COMPUTING) == bool(REFUSED.fullmatch(name))] == []
    assert sorted(COMPUTING - scalar) == ["unnest"], "unnest is the parser's own"
    refused = {name for name in functions(engine, "table", "table_macro") if REFUSED.fullmatch(name)}
    assert functions(engine, "table", "table_macro") == refused | MAKING_ROWS | REFUSED_AFTER_FROM
    assert refused & MAKING_ROWS == set()


def test_no_view_has_a_name_that_the_engine_takes(engine: duckdb.DuckDBPyConnection) -> None:
    assert not VIEWS.keys() & taken_names(engine)
