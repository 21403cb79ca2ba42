"""Whatever is typed into a search gets results or a sentence, soon, and changes nothing."""

import itertools
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from lims.facility.local import LocalFacility
from lims.model import Principal
from tests.filled import Filled

STAFF = Principal("staff", is_staff=True)
SLOW_S = 10.0
SQL = ("' OR 1=1 --", '" OR ""="', "'; DROP TABLE dataset; --", "1); DELETE FROM lake.main.dataset; --", "{me}",
       "{dataset}", "$p0", "%s", "?", "{0.__class__}", "\\", "'", "''", '"')  # fmt: skip
QUERIES = {
    "10 kB": "grain " * 1_700,
    "10 kB of one word": "x" * 10_000,
    "3 kB of brackets": "(" * 1_500 + ")" * 1_500,
    "unclosed": "(a OR (b",
    "unopened": "a) b",
    "unclosed quotation": 'title:"grain',
    "many ORs": " OR ".join(f"w{n}" for n in range(400)),
    "many NOTs": "-" * 3_000 + "a",
    "stars": "*a" * 1_000 + ":b",
    "stars of every path": "*:*",
    "a value of stars": "title:" + "*a" * 1_500,
    "evil for backtracking": "title:" + "(a+)+$" * 20,
    "a unit that does not exist": "voltage:200qux",
    "a unit of another kind": "voltage:200nm",
    "a unit that never ends": "voltage:2m**9**9**9**9",
    "a number too large": "voltage:1e999",
    "a range of nothing": "voltage:..",
    "a time that is none": "after:never",
    "a time too far": "during:99999999 years ago",
    "an id from elsewhere": "derived-from:dat-0000000000",
    "an id of no kind": "derived-from:../../etc/passwd",
    "NUL": "grain\x00boundary",
    "NUL in a field": "title:\x00",
    "bidirectional": "title:\u202egniart\u2069",
    "half a character": "title:\ufffd\U000e0001",
    "combining": "title:" + "e" + "\u0301" * 2_000,
    "control": "".join(map(chr, range(1, 32))),
    **{f"SQL {place}": one for place, one in enumerate(SQL)},
    **{f"SQL in {field}": f'{field}:"{SQL[2]}"' for field in ("user", "tag", "voltage", "key", "people", "is", "A.X")},
}


@pytest.fixture
def staff(as_person: Callable[[Principal], TestClient]) -> TestClient:
    return as_person(STAFF)


def answered(client: TestClient, address: str) -> int:
    began = time.monotonic()
    answer = client.get(address)
    assert time.monotonic() - began < SLOW_S, address[:80]
    if answer.status_code != 200:
        told = answer.json()["error"]
        assert answer.status_code == 400, told
        assert told["message"].endswith((".", "?", ")")), told
        assert "duckdb" not in str(told).lower()
    return answer.status_code


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_any_query_gets_an_answer_or_a_sentence(staff: TestClient, query: str) -> None:
    asked = quote(query)
    for way in ("search?highlights=true&", "search?kind=record&facets=user,tag&", "search/histogram?", "search/table?"):
        answered(staff, f"/api/{way}query={asked}")
    answered(staff, f"/api/fields?like={asked}")


@pytest.mark.parametrize("text", SQL)
def test_no_argument_is_sql(staff: TestClient, opened: tuple[LocalFacility, Filled], text: str) -> None:
    before = opened[0].search("").total
    asked = quote(text)
    quoted = quote('{"' + text.replace("\\", "\\\\").replace('"', '\\"') + '": ["x"]}')
    for more in (f"sort={asked}", f"facets={asked}", f"filters={quoted}", f"cursor={asked}", f"as_of={asked}"):
        answered(staff, f"/api/search?{more}")
    for more in (f"field={asked}", f"filters={quoted}"):
        answered(staff, f"/api/search/histogram?{more}")
    answered(staff, f"/api/search/table?columns={quote('[' + quoted + ']')}")
    assert opened[0].search("").total == before


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("offset=1000000", 200), ("offset=-1", 400), ("limit=-1", 400), ("limit=100000000", 400),
        ("offset=" + "9" * 30, 400),
        ("as_of=999999", 400), ("as_of=-5", 400), ("as_of=0001-01-01", 400), ("kind=banana", 400), ("cursor=%00", 400),
    ],
)  # fmt: skip
def test_pages_that_are_none(staff: TestClient, asked: str, status: int) -> None:
    assert answered(staff, f"/api/search?{asked}") == status


def test_many_bad_questions_at_once_leave_the_others_quick(staff: TestClient) -> None:
    for query in itertools.islice(itertools.cycle(QUERIES.values()), 60):
        staff.get(f"/api/search?query={quote(query)}")
    began = time.monotonic()
    assert staff.get("/api/search?query=grain").status_code == 200
    assert time.monotonic() - began < SLOW_S
