"""SQL of people: the same here and through a service, within its limits, and nobody slowed by it."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pyarrow as pa
import pytest

from lims.errors import Invalid, LimsError, Unavailable
from lims.facility.facility import Facility
from lims.facility.local import LocalFacility
from lims.facility.sql.result import Rows
from lims.facility.views import Content
from lims.facility.waiting import ASKER_IS_GONE
from lims.model import Principal
from tests.facilities import write_facility
from tests.filled import ADA, BOB, SECRETS, fill
from tests.services import Service, until

ENDLESS = "SELECT count(name) FROM instruments, range(1000000000000) a, range(1000000) b"
QUICK = """
[sql]
time_s = 4
memory_mb = 200
at_once = 2
"""
UNDER_WAY = 0.5
"""An endless statement has certainly begun to run when its process has computed for so long, in seconds."""


PATIENT = "[sql]\ntime_s = 600\nat_once = 2\n"
"""For tests that end what has no end by other means, however slow the machine is."""


def test_rows_come_as_tables_dicts_and_text(facility: Facility, folder: Path) -> None:
    fill(facility, folder)
    rows = facility.sql("SELECT name, bytes, acquired, companions, session FROM datasets ORDER BY name")
    (row,) = rows
    assert rows.columns == ["name", "bytes", "acquired", "companions", "session"]
    assert isinstance(row["acquired"], datetime)
    assert row["acquired"].utcoffset() == datetime.now(UTC).utcoffset()
    assert row["companions"] == []
    assert rows.to_arrow().schema.field("bytes").type == pa.int64()
    assert list(rows.to_pandas()["name"]) == [row["name"]]
    assert len(rows) == 1
    assert "(1 row)" in repr(rows)
    assert "<b>" not in rows._repr_html_(), "a file's name is no HTML"


def test_real_files_are_asked_by_what_they_say(facility: Facility, folder: Path, sample_data: Path) -> None:
    target = folder / "store" / "Titan_TEM"
    for name in ("dm3/test_STEM_image.dm3", "dm3/test_diffraction_pattern.dm3"):
        (target / Path(name).name).write_bytes((sample_data / "vendor" / name).read_bytes())
    facility.harvest(path="raw:Titan_TEM")
    voltages = facility.sql("""
        SELECT d.name, n.value / 1000 AS kilovolts, n.unit FROM datasets d JOIN normalised n ON n.dataset = d.id
        WHERE n.field = 'acceleration_voltage' ORDER BY d.name""")
    assert [(row["kilovolts"], row["unit"]) for row in voltages] == [(pytest.approx(200), "V")] * 2
    (shape,) = facility.sql("SELECT shape FROM signals JOIN datasets ON dataset = id WHERE name LIKE '%STEM%'")
    (hit,) = facility.search("name:STEM", kind="dataset")
    assert tuple(shape["shape"]) == facility.dataset(hit.id).signals[0].shape
    said = "SELECT count(*) AS n FROM metadata WHERE path LIKE '%Microscope Info.Voltage' AND number = 2e5"
    (leaf,) = facility.sql(said)
    assert leaf["n"] >= 1


def test_as_of_shows_what_was(facility: Facility, folder: Path) -> None:
    before = facility.place().snapshot
    fill(facility, folder)
    count = "SELECT count(*) AS n FROM sessions"
    assert [row["n"] for row in facility.sql(count)] == [2]
    assert [row["n"] for row in facility.sql(count, as_of=before)] == [0]
    assert [row["n"] for row in facility.sql(count, as_of=datetime.now(UTC))] == [2]
    with pytest.raises(Invalid, match="no state as of"):
        facility.sql(count, as_of=10**9)


SENTENCES = {
    "SELECT * FROM read_text('/etc/passwd')": "read_text cannot stand after FROM",
    "SELECT * FROM lake.main.dataset": "There is no view 'lake.main.dataset'",
    "SELECT 1; SELECT 2": "There are 2 statements",
    "DROP VIEW datasets": "Only one SELECT",
    "SELEC 1": "cannot be read: syntax error",
    "SELECT nonsense FROM datasets": 'Referenced column "nonsense" not found',
    "SELECT CAST('x' AS INTEGER)": "Could not convert string 'x'",
    "SELECT 1 WHERE 'a\0b' = 'a'": "NUL",
    "SELECT 'half \ud800'": "half a character|no UTF-8",
    "SELECT '" + "x" * 100_000 + "'": "more than 50,000 characters",
    "SELECT " + "(" * 24_000 + "1" + ")" * 24_000: "nested too deeply",
    "SELECT * FROM range(2000000)": "more than 1,000,000 rows",
    "SELECT repeat('x', 1000000) FROM range(1000)": "more than 256 MiB|200 MB of memory",
    "SELECT list(x) FROM range(1000000000) t(x)": "more than 200 MB of memory",
    "SELECT * FROM range(300000000) a(x) ORDER BY hash(x)": "more than 200 MB of memory",
    "SELECT repeat('x', 4000000000)": "200 MB of memory|give up",
    "SELECT len(range(1000000000000))": "not supported",
}


@pytest.mark.parametrize("statement", SENTENCES, ids=lambda text: text[:40])
def test_bad_statements_give_a_sentence(asked: Facility, statement: str) -> None:
    with pytest.raises((Invalid, Unavailable), match=SENTENCES[statement]) as told:
        asked.sql(statement)
    assert told.value.hint or "NUL" in str(told.value) or "UTF-8" in str(told.value)
    assert "Traceback" not in str(told.value)
    assert [row["one"] for row in asked.sql("SELECT 1 AS one")] == [1], "the next one is answered"


ENDLESS_ONES = {
    "a recursion without end": "WITH RECURSIVE t AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM t) SELECT max(x) FROM t",
    "a cross join without end": ENDLESS,
    "one row after the other": "SELECT sum(x) FROM range(1000000000000000) t(x)",
}


@pytest.mark.parametrize("name", ENDLESS_ONES)
def test_what_has_no_end_is_ended_at_the_limit(asked: Facility, name: str) -> None:
    began = time.monotonic()
    with pytest.raises(Invalid, match=r"longer than 4 s|200 MB of memory"):
        asked.sql(ENDLESS_ONES[name])
    assert time.monotonic() - began < 30, "a busy machine, but an end"


def test_a_limit_that_is_reached_is_said_and_nothing_is_cut_off(asked: Facility) -> None:
    assert len(asked.sql("SELECT * FROM range(100)", limit=100)) == 100
    with pytest.raises(Invalid, match="more than 99 rows"):
        asked.sql("SELECT * FROM range(100)", limit=99)


def test_columns_of_one_name_and_sums_are_plain(asked: Facility) -> None:
    rows = asked.sql("SELECT 1 AS a, 2 AS a, 3 AS a, sum(x) AS total FROM range(10) t(x)")
    assert list(rows) == [{"a": 1, "a_1": 2, "a_2": 3, "total": 45}]
    (row,) = asked.sql("SELECT 170141183460469231731687303715884105727::HUGEINT AS huge")
    assert row["huge"] == 2**127 - 1


def test_what_is_empty_has_its_columns_all_the_same(asked: Facility) -> None:
    rows = asked.sql("SELECT id, bytes FROM datasets WHERE false")
    assert (len(rows), rows.columns, list(rows)) == (0, ["id", "bytes"], [])
    assert "(0 rows)" in repr(rows)


def test_polars_where_it_is_not_installed_is_a_sentence(asked: Facility, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(Unavailable, match="Polars is not installed"):
        asked.sql("SELECT 1").to_polars()


@pytest.fixture(scope="module", params=["local", "remote"])
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facility]:
    """A facility with quick limits for many statements."""
    made = write_facility(tmp_path_factory.mktemp(request.param) / "facility")
    with (made / "facility.toml").open("a") as toml:
        toml.write(QUICK)
    if request.param == "local":
        with LocalFacility(made) as opened:
            yield opened
    else:
        with Service(made) as service, closing(service.start()) as reached:
            yield reached


# --- several people: in this process, where anybody can be anybody


def rows_as(facility: LocalFacility, who: Principal, statement: str) -> Rows:
    found = facility.run_as(who, "sql", {"statement": statement})
    assert isinstance(found, Content)
    return Rows(found.data or b"")


@pytest.fixture
def patient(folder: Path) -> Path:
    with (folder / "facility.toml").open("a") as toml:
        toml.write(PATIENT)
    return folder


@pytest.fixture
def here(patient: Path) -> Iterator[LocalFacility]:
    with LocalFacility(patient) as opened:
        yield opened


@contextmanager
def endless(facility: LocalFacility, *people: str) -> Iterator[list[Future[Rows]]]:
    """A statement of each that runs until this ends; then its asker has gone."""
    gone = threading.Event()

    def ask(name: str) -> Rows:
        ASKER_IS_GONE.set(gone.is_set)
        return rows_as(facility, Principal(name), ENDLESS)

    with ThreadPoolExecutor(len(people)) as threads:
        asking = [threads.submit(ask, name) for name in people]
        try:
            until(lambda: are_computing(facility, len(people)), "the statements run", pause_s=0.02)
            yield asking
        finally:
            gone.set()


def children(facility: LocalFacility) -> list[psutil.Process]:
    """The processes that run statements now."""
    server = facility.desk.statements._server._process
    return psutil.Process(server.pid).children() if server is not None else []


def are_computing(facility: LocalFacility, how_many: int) -> bool:
    return sum(sum(one.cpu_times()[:2]) > UNDER_WAY for one in children(facility)) >= how_many


def test_each_sees_what_they_see_elsewhere(here: LocalFacility, folder: Path) -> None:
    fill(here, folder)
    everything = "SELECT * FROM datasets, sessions, records, metadata LIMIT 50"
    assert any(word in str(list(rows_as(here, ADA, everything))) for word in SECRETS)
    assert list(rows_as(here, BOB, everything)) == []
    assert [row["n"] for row in rows_as(here, BOB, "SELECT count(*) AS n FROM sessions")] == [0]


def test_others_are_answered_while_an_endless_statement_runs(here: LocalFacility) -> None:
    with endless(here, "ada") as (asking,):
        assert here.search_page("").total == 0
        assert list(rows_as(here, BOB, "SELECT 1 AS one")) == [{"one": 1}]
        with pytest.raises(Unavailable, match="of yours is still running"):
            rows_as(here, ADA, "SELECT 1")
        assert not asking.done()
    assert list(rows_as(here, ADA, "SELECT 1 AS one")) == [{"one": 1}]


def test_the_logbook_is_written_while_a_statement_reads(here: LocalFacility) -> None:
    with endless(here, "ada") as (asking,):
        here.start_session("titan", title="meanwhile")
        here.desk.catalog.maintain()
        assert [row["title"] for row in here.sql("SELECT title FROM sessions")] == ["meanwhile"]
        assert not asking.done()


def test_a_statement_ends_when_nobody_waits_for_it(here: LocalFacility) -> None:
    with endless(here, "ada") as (asking,):
        running = children(here)
    with pytest.raises(Unavailable, match="Nobody waited"):
        asking.result()
    until(lambda: not any(one.is_running() for one in running), "its process has ended", pause_s=0.02)


def test_who_comes_third_waits_for_a_place(here: LocalFacility) -> None:
    with ThreadPoolExecutor(1) as threads:
        with endless(here, "ada", "bob"):
            third = threads.submit(rows_as, here, Principal("cy"), "SELECT 1 AS one")
            until(lambda: "cy" in here.desk.statements._asking, "cy waits", pause_s=0.02)
            assert not third.done()
        assert list(third.result()) == [{"one": 1}]


def test_nobody_waits_for_ever(here: LocalFacility, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lims.facility.sql.running.WAIT_S", 0.0)
    with endless(here, "ada", "bob"), pytest.raises(Unavailable, match="Other people's statements are running"):
        rows_as(here, Principal("cy"), "SELECT 1")


def test_a_crowd_is_told_to_come_again(here: LocalFacility, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lims.facility.sql.running.MOST_WAITING", 0)
    with endless(here, "ada", "bob"), pytest.raises(Unavailable, match="Too many people wait"):
        rows_as(here, Principal("cy"), "SELECT 1")


def test_a_process_that_is_killed_is_a_sentence_and_the_next_statement_is_answered(here: LocalFacility) -> None:
    with endless(here, "ada") as (asking,):
        for one in children(here):
            one.kill()
        with pytest.raises(LimsError, match="made the database give up"):
            asking.result()
        assert list(rows_as(here, ADA, "SELECT 1 AS one")) == [{"one": 1}]
    server = here.desk.statements._server._process
    assert server is not None
    server.kill()
    server.wait()
    assert list(rows_as(here, ADA, "SELECT 2 AS two")) == [{"two": 2}]


def test_closing_ends_what_runs(patient: Path) -> None:
    facility = LocalFacility(patient)
    with endless(facility, "ada") as (asking,):
        running = children(facility)
        facility.close()
        with pytest.raises(Unavailable, match="is being closed"):
            asking.result()
    until(lambda: not any(one.is_running() for one in running), "its process has ended", pause_s=0.02)


def test_a_process_opens_nothing_but_the_lake_and_writes_nothing(here: LocalFacility, folder: Path) -> None:
    """What the kernel lets through, asked of a child that has closed the fence behind itself."""
    (folder / "secret.txt").write_text("xyzzy")
    program = f"""
import os
from pathlib import Path
from lims.facility.sql.child import enclose
folder = Path({str(folder)!r})
enclose(folder / "catalog" / "data")
def may(path, flags):
    try:
        os.close(os.open(path, flags))
    except OSError:
        return False
    return True
print(may(folder / "secret.txt", os.O_RDONLY), may(folder / "catalog" / "catalog.sqlite", os.O_RDONLY),
      may(folder / "catalog" / "data" / "new", os.O_WRONLY | os.O_CREAT), may("/etc/passwd", os.O_RDONLY),
      may(folder / "catalog" / "data", os.O_RDONLY))
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "False", "False", "False", "True"]


# --- a service


def running(service: Service) -> list[psutil.Process]:
    """The process that forks for statements, and those in which one runs."""
    return [one for one in service.workers() if "lims.facility.sql.child" in " ".join(one.cmdline())]


def test_a_service_ends_the_statement_of_who_hung_up(patient: Path) -> None:
    body = json.dumps({"statement": ENDLESS}).encode()
    about = f"Host: lims\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    head = f"POST /api/sql HTTP/1.1\r\n{about}\r\n\r\n"
    with Service(patient) as service, closing(service.start()) as facility:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(json.loads((patient / "run" / "service.json").read_text())["socket"])
            line.sendall(head.encode() + body)
            until(lambda: len(running(service)) == 2, "the statement runs", pause_s=0.02)
            with pytest.raises(Unavailable, match="of yours is still running"):
                facility.sql("SELECT 1")
        until(lambda: len(running(service)) == 1, "it was ended", pause_s=0.02)
        assert list(facility.sql("SELECT 1 AS one")) == [{"one": 1}]


def test_a_service_that_was_killed_leaves_no_process_and_answers_again(patient: Path) -> None:
    with Service(patient) as service, ThreadPoolExecutor(1) as threads:
        asking = threads.submit(service.start().sql, ENDLESS)
        until(lambda: len(running(service)) == 2, "the statement runs", pause_s=0.02)
        workers = service.kill(with_workers=False)
        with pytest.raises(LimsError):
            asking.result()
        assert psutil.wait_procs(workers, 60)[1] == []
        with closing(service.start()) as again:
            assert list(again.sql("SELECT 1 AS one")) == [{"one": 1}]
