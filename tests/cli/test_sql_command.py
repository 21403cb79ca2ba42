"""`lims sql` on a real facility."""

import csv
import io
import json

import pytest

from tests.cli.conftest import Lims
from tests.filled import HOSTILE

QUESTION = "SELECT name, bytes, companions, acquired FROM datasets"


def test_rows_are_a_table_for_people(there: Lims) -> None:
    said = there("sql", "SELECT name, kind FROM datasets")
    assert said.code == 0
    heads, row = said.out.splitlines()
    assert heads.split() == ["name", "kind"]
    assert row.endswith("raw")
    assert "1 row" in said.err


def test_rows_are_one_json_document(there: Lims) -> None:
    document = there("sql", QUESTION, "--json").document
    (row,) = document["rows"]
    assert document["columns"] == ["name", "bytes", "companions", "acquired"]
    assert (row["name"], row["companions"]) == (HOSTILE, [])
    assert row["acquired"].endswith("+00:00")


def test_rows_are_csv_that_reads_back(there: Lims) -> None:
    said = there("sql", QUESTION, "--csv")
    (row,) = list(csv.DictReader(io.StringIO(said.out)))
    assert row["name"] == HOSTILE
    assert json.loads(row["companions"]) == []


def test_every_kind_of_value_has_a_word(there: Lims) -> None:
    kinds = "SELECT 1.5::DECIMAL(9,2) d, INTERVAL 2 DAY i, 'x'::BLOB b, {'a': [1]} s, NULL AS n, 'nan'::DOUBLE f"
    for form in ("--json", "--csv"):
        said = there("sql", kinds, form)
        assert said.code == 0
        assert "1.50" in said.out


def test_a_statement_comes_from_standard_input(there: Lims, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 1 AS one"))
    assert there("sql", "-", "--json").document["rows"] == [{"one": 1}]


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("DROP TABLE datasets", "Only one SELECT"),
        ("SELECT * FROM dataset", "There is no view 'dataset'"),
        ("", "There is no statement"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(there: Lims, statement: str, sentence: str) -> None:
    said = there("sql", statement)
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err


def test_more_rows_than_wanted_are_an_error(there: Lims) -> None:
    said = there("sql", "SELECT * FROM range(10)", "--limit", "5")
    assert said.code == 2
    assert "more than 5 rows" in said.err


def test_a_time_before_there_was_anything_is_a_sentence(there: Lims) -> None:
    said = there("sql", "SELECT 1", "--as-of", "1999-01-01")
    assert said.code == 2
    assert "no state as of" in said.err
