"""The catalog's schema, as numbered steps forward. A step that has been released is never edited: add another.

Every step runs inside one transaction together with the row that says it was done. The tests hold the outcome of all
steps against the dataclasses (`tables.py`), so a new field without a step fails there.
"""

from collections.abc import Callable
from pathlib import Path

import duckdb

from lims.catalog.lake import rows_of
from lims.catalog.rebuilding import rebuild
from lims.errors import Unavailable

VERSION_1 = """
CREATE TABLE lake.schema_version ("version" BIGINT, "at" TIMESTAMP WITH TIME ZONE);
CREATE TABLE lake.instrument ("id" VARCHAR, "name" VARCHAR, "timezone" VARCHAR, "sources" VARCHAR, "location" VARCHAR);
CREATE TABLE lake.person ("id" VARCHAR, "name" VARCHAR, "email" VARCHAR);
CREATE TABLE lake.project ("id" VARCHAR, "title" VARCHAR);
CREATE TABLE lake.sample ("id" VARCHAR, "title" VARCHAR, "project" VARCHAR);
CREATE TABLE lake.collection ("id" VARCHAR, "title" VARCHAR, "owner" VARCHAR, "parent" VARCHAR, "members" VARCHAR[]);
CREATE TABLE lake.reservation ("id" VARCHAR, "instrument" VARCHAR, "user" VARCHAR, "title" VARCHAR,
  "start" TIMESTAMP WITH TIME ZONE, "end" TIMESTAMP WITH TIME ZONE, "project" VARCHAR, "sample" VARCHAR, "uid" VARCHAR);
CREATE TABLE lake.session ("id" VARCHAR, "instrument" VARCHAR, "user" VARCHAR, "operator" VARCHAR,
  "start" TIMESTAMP WITH TIME ZONE, "title" VARCHAR, "people" VARCHAR[], "project" VARCHAR, "sample" VARCHAR,
  "notes" VARCHAR, "end" TIMESTAMP WITH TIME ZONE, "state" VARCHAR, "reservation" VARCHAR);
CREATE TABLE lake.session_event ("id" VARCHAR, "session" VARCHAR, "kind" VARCHAR, "at" TIMESTAMP WITH TIME ZONE,
  "by" VARCHAR, "text" VARCHAR, "detail" VARCHAR);
CREATE TABLE lake.dataset ("id" VARCHAR, "kind" VARCHAR, "store" VARCHAR, "key" VARCHAR, "bytes" BIGINT,
  "modified" TIMESTAMP WITH TIME ZONE, "companions" VARCHAR[], "sha256" VARCHAR,
  "companions_sha256" VARCHAR[], "content_hash" VARCHAR, "status" VARCHAR, "format" VARCHAR,
  "signals" VARCHAR, "normalised" VARCHAR, "acquired" TIMESTAMP WITH TIME ZONE, "clock" VARCHAR, "clock_note" VARCHAR,
  "instrument" VARCHAR, "session" VARCHAR, "activity" VARCHAR, "owner" VARCHAR, "blank" VARCHAR,
  "preview_size" VARCHAR, "version" BIGINT);
CREATE TABLE lake.step ("dataset" VARCHAR, "step" VARCHAR, "state" VARCHAR, "attempt" BIGINT, "reason" VARCHAR,
  "version" VARCHAR, "at" TIMESTAMP WITH TIME ZONE);
CREATE TABLE lake.activity ("id" VARCHAR, "session" VARCHAR, "number" BIGINT, "start" TIMESTAMP WITH TIME ZONE,
  "end" TIMESTAMP WITH TIME ZONE, "datasets" VARCHAR[], "setup" VARCHAR);
CREATE TABLE lake.record ("id" VARCHAR, "session" VARCHAR, "state" VARCHAR, "title" VARCHAR, "datasets" BIGINT,
  "bytes" BIGINT, "activities" BIGINT, "failed" BIGINT, "clock" VARCHAR, "cover" VARCHAR,
  "built" TIMESTAMP WITH TIME ZONE);
CREATE TABLE lake.run ("id" VARCHAR, "user" VARCHAR, "notebook" VARCHAR, "status" VARCHAR,
  "start" TIMESTAMP WITH TIME ZONE, "end" TIMESTAMP WITH TIME ZONE, "source_sha256" VARCHAR, "parameters" VARCHAR,
  "environment" VARCHAR, "inputs" VARCHAR[], "outputs" VARCHAR[], "executed" VARCHAR, "error" VARCHAR);
CREATE TABLE lake.relation ("id" VARCHAR, "output" VARCHAR, "input" VARCHAR, "relation" VARCHAR, "params" VARCHAR,
  "source" VARCHAR, "run" VARCHAR, "by" VARCHAR);
CREATE TABLE lake.audit ("id" VARCHAR, "at" TIMESTAMP WITH TIME ZONE, "by" VARCHAR, "action" VARCHAR, "kind" VARCHAR,
  "thing" VARCHAR, "before" VARCHAR, "after" VARCHAR, "request" VARCHAR);
CREATE TABLE lake.document ("dataset" VARCHAR, "format" VARCHAR, "extractor" VARCHAR, "extractor_version" VARCHAR,
  "warnings" VARCHAR[], "metadata" VARCHAR);
CREATE TABLE lake.leaf ("dataset" VARCHAR, "key" VARCHAR, "text" VARCHAR, "number" DOUBLE);
CREATE TABLE lake.normalised ("dataset" VARCHAR, "field" VARCHAR, "text" VARCHAR, "number" DOUBLE, "unit" VARCHAR);
CREATE TABLE lake.tag ("thing" VARCHAR, "tag" VARCHAR, "by" VARCHAR, "at" TIMESTAMP WITH TIME ZONE);
CREATE TABLE lake.request ("principal" VARCHAR, "request" VARCHAR, "answer" VARCHAR, "at" TIMESTAMP WITH TIME ZONE);
ALTER TABLE lake.leaf SET SORTED BY ("key" ASC, "number" ASC);
ALTER TABLE lake.normalised SET SORTED BY ("field" ASC, "number" ASC);
"""

# Free text was looked for in every leaf; now in one folded text per dataset.
VERSION_2 = """
CREATE TABLE lake.haystack ("dataset" VARCHAR, "text" VARCHAR);
INSERT INTO lake.haystack
  SELECT "dataset", strip_accents(lower(string_agg(DISTINCT "text", ' '))) FROM lake.leaf
  WHERE "text" <> '' AND "number" IS NULL GROUP BY "dataset";
"""

# A companion that was rewritten at the same size was not noticed.
VERSION_3 = 'ALTER TABLE lake.dataset ADD COLUMN "companions_state" VARCHAR;'

# A request key could be used again for something else. A run told the checksums that its inputs have now.
VERSION_4 = """
ALTER TABLE lake.request ADD COLUMN "about" VARCHAR;
ALTER TABLE lake.run ADD COLUMN "inputs_sha256" VARCHAR[];
"""

# An instrument did not say what its facility corrects.
VERSION_5 = 'ALTER TABLE lake.instrument ADD COLUMN "corrections" VARCHAR;'

# What other bytes had replaced stood in the history only; so did what a building had changed. Nobody could settle
# where a file belongs, nor could two places hold one content.
VERSION_6 = """
ALTER TABLE lake.instrument ADD COLUMN "belonging" VARCHAR;
ALTER TABLE lake.instrument ADD COLUMN "overlapping" BOOLEAN;
ALTER TABLE lake.instrument ADD COLUMN "grace_s" DOUBLE;
ALTER TABLE lake.instrument ADD COLUMN "rhythm" VARCHAR;
ALTER TABLE lake.dataset ADD COLUMN "home_note" VARCHAR;
ALTER TABLE lake.dataset ADD COLUMN "content_since" TIMESTAMP WITH TIME ZONE;
ALTER TABLE lake.dataset ADD COLUMN "copy_of" VARCHAR;
ALTER TABLE lake.dataset ADD COLUMN "project" VARCHAR;
ALTER TABLE lake.activity ADD COLUMN "varies" VARCHAR;
ALTER TABLE lake.activity ADD COLUMN "reason" VARCHAR;
CREATE TABLE lake.record_build ("record" VARCHAR, "number" BIGINT, "at" TIMESTAMP WITH TIME ZONE, "text" VARCHAR,
  "added" VARCHAR[], "removed" VARCHAR[], "changed" VARCHAR[]);
CREATE TABLE lake.former_version ("dataset" VARCHAR, "version" BIGINT, "store" VARCHAR, "key" VARCHAR, "bytes" BIGINT,
  "modified" TIMESTAMP WITH TIME ZONE, "replaced" TIMESTAMP WITH TIME ZONE, "companions" VARCHAR[], "sha256" VARCHAR,
  "companions_sha256" VARCHAR[], "format" VARCHAR, "signals" VARCHAR, "normalised" VARCHAR,
  "acquired" TIMESTAMP WITH TIME ZONE);
CREATE TABLE lake.settlement ("thing" VARCHAR, "about" VARCHAR, "decision" VARCHAR, "by" VARCHAR,
  "at" TIMESTAMP WITH TIME ZONE, "session" VARCHAR, "note" VARCHAR);
"""

# Leaves and words were kept under the names of datasets and paths, and replaced when a file was read again; a question
# about one path looked at every name. Now numbers stand for both, and rows are only added.
# A table that is sorted must have no rows deleted: when DuckLake 1.5 moves inlined rows to a file it works out which of
# them are deleted in an order of its own among equals, and deletes others. What was kept sorted is made anew.
VERSION_7 = """
ALTER TABLE lake.normalised RESET SORTED BY;
DROP TABLE lake.haystack;
CREATE TABLE lake.path ("code" BIGINT, "key" VARCHAR, "unit" VARCHAR);
CREATE TABLE lake.indexed ("dataset" VARCHAR, "names" BIGINT, "tree" BIGINT);
ALTER TABLE lake.document ADD COLUMN "doc" BIGINT;
UPDATE lake.document d SET "doc" = u.n
  FROM (SELECT "dataset", row_number() OVER (ORDER BY "dataset") AS n FROM lake.document) u
  WHERE u."dataset" = d."dataset";
"""

# Searches were saved in browsers, and told nobody of anything.
VERSION_8 = """
CREATE TABLE lake.saved_search ("id" VARCHAR, "owner" VARCHAR, "name" VARCHAR, "query" VARCHAR, "kind" VARCHAR,
  "created" TIMESTAMP WITH TIME ZONE, "filters" VARCHAR, "sort" VARCHAR, "alert" VARCHAR);
CREATE TABLE lake.search_watch ("search" VARCHAR, "until" TIMESTAMP WITH TIME ZONE, "secret" VARCHAR,
  "trouble" VARCHAR);
CREATE TABLE lake.search_news ("search" VARCHAR, "dataset" VARCHAR, "at" TIMESTAMP WITH TIME ZONE, "is_seen" BOOLEAN);
CREATE TABLE lake.search_notice ("search" VARCHAR, "channel" VARCHAR, "since" TIMESTAMP WITH TIME ZONE,
  "due" TIMESTAMP WITH TIME ZONE, "attempts" BIGINT, "reason" VARCHAR);
"""

# To read one dataset's tree, those of 120,000 were unpacked.
VERSION_9 = "CALL lake.set_option('parquet_row_group_size', 2048, table_name => 'document');"

# Numbers in order took eight bytes each; as differences they take one or two, and are read twice as fast.
VERSION_10 = "CALL lake.set_option('parquet_version', 2);"
# Values stood under the names of datasets and were replaced when a file was read again, so all had to be in memory.
_VALUES_BY_DOC = """
CREATE OR REPLACE TEMP TABLE said AS SELECT n."field", i."names" AS "doc", n."text", n."number", n."unit"
  FROM lake.normalised n JOIN lake.indexed i ON i."dataset" = n."dataset";
DROP TABLE lake.normalised;
CREATE TABLE lake.normalised ("field" VARCHAR, "doc" BIGINT, "text" VARCHAR, "number" DOUBLE, "unit" VARCHAR);
ALTER TABLE lake.normalised SET SORTED BY ("field" ASC, "doc" ASC);
INSERT INTO lake.normalised FROM said ORDER BY "field", "doc";
DROP TABLE said;
"""
_OLD_VALUES = """SELECT 1 FROM duckdb_columns() WHERE database_name = 'lake' AND table_name = 'normalised'
  AND column_name = 'dataset'"""


def _values_by_doc(connection: duckdb.DuckDBPyConnection) -> None:
    """Not where `rebuild` has made the index anew on the way here."""
    if rows_of(connection, _OLD_VALUES):
        connection.execute(_VALUES_BY_DOC)


# A run kept its environment in its own row, some 20 kB of the same for each; what it read and wrote was not kept as it
# was seen, nor what came of replaying it.
VERSION_11 = """
CREATE TABLE lake.environment ("id" VARCHAR, "facts" VARCHAR);
INSERT INTO lake.environment SELECT DISTINCT 'env-' || substr(sha256("environment"), 1, 20), "environment" FROM lake.run
  WHERE length("environment") > 2;
UPDATE lake.run SET "environment" =
  CASE WHEN length("environment") > 2 THEN 'env-' || substr(sha256("environment"), 1, 20) ELSE '' END;
ALTER TABLE lake.run ADD COLUMN "kind" VARCHAR;
ALTER TABLE lake.run ADD COLUMN "source" VARCHAR;
ALTER TABLE lake.run ADD COLUMN "commit" VARCHAR;
ALTER TABLE lake.run ADD COLUMN "folder" VARCHAR;
ALTER TABLE lake.run ADD COLUMN "replaces" VARCHAR;
ALTER TABLE lake.run ADD COLUMN "tolerances" VARCHAR;
ALTER TABLE lake.run ADD COLUMN "doubts" VARCHAR[];
ALTER TABLE lake.relation ADD COLUMN "input_sha256" VARCHAR;
ALTER TABLE lake.relation ADD COLUMN "doubt" VARCHAR;
ALTER TABLE lake.relation ADD COLUMN "settled" VARCHAR;
CREATE TABLE lake.run_file ("run" VARCHAR, "number" BIGINT, "role" VARCHAR, "path" VARCHAR, "dataset" VARCHAR,
  "sha256" VARCHAR, "content_hash" VARCHAR, "bytes" BIGINT, "seen" VARCHAR, "by" VARCHAR[], "note" VARCHAR,
  "at" TIMESTAMP WITH TIME ZONE);
CREATE TABLE lake.replay ("id" VARCHAR, "run" VARCHAR, "by" VARCHAR, "at" TIMESTAMP WITH TIME ZONE,
  "reproduced" BOOLEAN, "environment" VARCHAR, "outputs" VARCHAR, "problem" VARCHAR, "took_s" DOUBLE);
"""

AT_ONCE = 8
"""So many steps of a new catalog are one transaction. DuckLake sets no option of a table that the same one makes."""
Step = str | tuple[str, Callable[[duckdb.DuckDBPyConnection], object]]
MIGRATIONS: tuple[Step, ...] = (
    *(VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5, VERSION_6),
    (VERSION_7, rebuild),
    VERSION_8,
    VERSION_9,
    (VERSION_10, _values_by_doc),
    VERSION_11,
)
"""MIGRATIONS[n] leads from version n to version n + 1: SQL, and what SQL alone cannot do."""


def schema_version(connection: duckdb.DuckDBPyConnection) -> int:
    """0 where there is no schema yet."""
    found = rows_of(
        connection,
        "SELECT 1 FROM duckdb_tables() WHERE database_name = 'lake' AND table_name = 'schema_version'",
    )
    if not found:
        return 0
    return int(rows_of(connection, 'SELECT max("version") AS n FROM lake.schema_version')[0]["n"])


def migrate(connection: duckdb.DuckDBPyConnection, folder: Path, steps: tuple[Step, ...] = MIGRATIONS) -> int:
    """Bring an older catalog forward, each step whole or not at all; refuse a newer one. Returns the version.

    In a new one nobody could want to see the steps on the way: the first are one.
    """
    version = schema_version(connection)
    if version > len(steps):
        raise Unavailable(
            f"The catalog in {folder} was written by a newer jupyter-lims (schema {version}; this one knows "
            f"{len(steps)}).",
            hint="Upgrade jupyter-lims; nothing was changed.",
        )
    numbered = list(enumerate(steps, start=1))
    groups = [[one] for one in numbered[version:]]
    if not version:
        groups[:AT_ONCE] = [numbered[:AT_ONCE]]
    for together in groups:
        connection.begin()
        try:
            for number, step in together:
                sql, then = (step, None) if isinstance(step, str) else step
                connection.execute(sql)
                if then:
                    then(connection)
                connection.execute("INSERT INTO lake.schema_version VALUES (?, now())", [number])
        except BaseException:
            connection.rollback()
            raise
        connection.commit()
    return len(steps)
