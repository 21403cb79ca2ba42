"""How soon a service answers questions on a large catalog: over HTTP, one client, 50 different questions of each kind.

LIMS_BENCH_SIZE says how many files; LIMS_BENCH_CATALOG where their facility is kept, so that it is made only once.
As staff, who see everything, and as one of 400 people, who see their own sessions and those they are guests of. Three
questions are also asked of DuckDB alone, of the same rows in tables in memory; and all of it while 20 people write.
"""

import getpass
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from report import report
from synthetic_facility import FORMATS, SEEN, TOPICS, build

from lims.catalog.lake import attach_to_read, engine_to_read
from lims.errors import Unavailable
from lims.facility.connect import service_of
from lims.facility.facility import Facility

SIZE = int(os.environ.get("LIMS_BENCH_SIZE", "20000"))
ASKED = 50
STARTS_WITHIN_S = 1800
PAGE: dict[str, Any] = {"limit": 20, "days": False}
PERSON = "p002"
TOML = """
[facility]
name = "Benchmark"
[stores.raw]
url = "store"
[access]
staff = [{staff}]
os_users = {{ "{user}" = "{person}" }}
[harvest]
poll_s = 86400.0
"""
Ask = Callable[[Facility, random.Random], object]


def words(facility: Facility, chance: random.Random) -> object:
    """From one in a hundred thousand to a third of all."""
    rare = f"find{chance.randrange(100_000)}"
    pairs = ((chance.choice(SEEN), chance.choice(TOPICS)), (chance.choice(TOPICS), rare), ("titan", "remote"))
    return facility.search_page(" ".join(chance.choice(pairs)), kind="dataset", **PAGE)


def equality(facility: Facility, chance: random.Random) -> object:
    asked = chance.choice(
        (
            f"voltage:{chance.choice((60, 80, 200, 300))}kV",
            f"detector:{chance.choice(('HAADF', 'BF', 'DF4', 'SE2'))}",
            f"mag:{chance.choice((20, 80, 320))}000",
            f"camera_length:{chance.choice(('91mm', '92mm'))}",
        )
    )
    return facility.search_page(asked, kind="dataset", **PAGE)


def vendor(facility: Facility, chance: random.Random) -> object:
    asked = chance.choice(
        (
            f'"Probe Current (nA)":>{chance.uniform(0.3, 1) * 1000:.0f}pA',
            f'"Column (Pa)":<{chance.uniform(1, 9):.2f}uPa',
            f'"Exposure (s)":<{chance.uniform(0, 300):.0f}ms',
            f'"Emission Current (µA)":>{chance.uniform(105, 118):.1f}uA',
        )
    )
    return facility.search_page(asked, kind="dataset", **PAGE)


def facets(facility: Facility, chance: random.Random) -> object:
    wanted = ("instrument", "user", "project", "sample", "format", "state")
    chosen = {"format": [chance.choice(FORMATS[:4])], "instrument": [f"i{chance.randrange(8):02}"]}
    return facility.search_page("", kind="dataset", limit=0, days=False, facets=wanted, filters=chosen)


def tree(facility: Facility, chance: random.Random) -> object:
    offset = chance.randrange(SIZE // 100)
    found = facility.search_page("", kind="dataset", limit=1, days=False, offset=offset).items[0].id
    began = time.perf_counter()
    facility.ask("metadata", {"dataset": found})
    return time.perf_counter() - began


def typed(facility: Facility, chance: random.Random) -> object:
    return facility.search_page(chance.choice((*SEEN, *TOPICS))[:3], kind="dataset", **PAGE)


def then(facility: Facility, chance: random.Random) -> object:
    query = f"voltage:{chance.choice((60, 80, 200, 300))}kV format:{chance.choice(FORMATS)}"
    return facility.search_page(query, kind="dataset", **PAGE, as_of=AS_OF[0])


def by_size(facility: Facility, chance: random.Random) -> object:
    return facility.search_page("", kind="dataset", **PAGE, sort=chance.choice(("largest", "smallest")))


def by_path(facility: Facility, chance: random.Random) -> object:
    sort = chance.choice(("Actual_Magnification", "-Stage_X", "Column_(Pa)"))
    return facility.search_page("", kind="dataset", **PAGE, sort=sort)


def half_way(facility: Facility, chance: random.Random) -> object:
    return facility.search_page("", kind="dataset", **PAGE, offset=SIZE // 2 - chance.randrange(1000))


AS_OF = [0]
QUESTIONS: tuple[tuple[str, Ask, float], ...] = (
    ("first 20 of two words", words, 40),
    ("first 20 by equality on a normalised field", equality, 12),
    ("first 20 by comparison with unit on a vendor's path", vendor, 45),
    ("six facets under two filters", facets, 35),
    ("page 1 by size", by_size, 12),
    ("page 1 by a vendor's path", by_path, 200),
    ("page half way down", half_way, 25),
    ("one dataset with its vendor's tree", tree, 40),
    ("three letters typed", typed, 20),
    ("as of then, equality", then, 500),
)


TABLES = {
    "d": '"id", "session", "instrument", "format", "acquired", "bytes" FROM lake.main.dataset',
    "s": "* FROM lake.main.session",
    "r": "* FROM lake.main.record",
    "n": """i."dataset", n."field", n."number"
        FROM lake.main.normalised n JOIN lake.main.indexed i ON i."names" = n."doc\"""",
}
RAW: dict[str, tuple[str, str]] = {
    "first 20 by equality on a normalised field": (
        """SELECT d."id" FROM d JOIN n ON n."dataset" = d."id" WHERE n."field" = 'acceleration_voltage'
            AND n."number" = ? ORDER BY d."acquired" DESC, d."id" LIMIT 20""",
        """SELECT count(*) FROM n WHERE "field" = 'acceleration_voltage' AND "number" = ?""",
    ),
    "six facets under two filters": (
        """SELECT d."instrument", s."user", s."project", s."sample", d."format", r."state", count(*) FROM d
            JOIN s ON s."id" = d."session" JOIN r ON r."session" = s."id"
            WHERE d."format" = 'dm3' AND d."instrument" = 'i00' AND ? > 0
            GROUP BY GROUPING SETS ((1), (2), (3), (4), (5), (6))""",
        "",
    ),
    "page half way down": (
        """SELECT "id" FROM d WHERE ? > 0 ORDER BY "acquired" DESC, "id"
            LIMIT 20 OFFSET (SELECT count(*) // 2 FROM d)""",
        "",
    ),
}
"""The question and, where it is asked apart, its total; with a voltage as parameter."""


def raw_ms(folder: Path) -> dict[str, float]:
    """What DuckDB alone takes, in this process, of tables in memory: median of as many questions."""
    connection = engine_to_read(folder / "extensions", 12_000)
    connection.execute("SET threads = 2")
    attach_to_read(connection, folder / "catalog", "lake")
    for short, select in TABLES.items():
        connection.execute(f"CREATE TABLE {short} AS SELECT {select}")
    found = {}
    for name, statements in RAW.items():
        taken = []
        for number in range(ASKED):
            began = time.perf_counter()
            for statement in filter(None, statements):
                connection.execute(statement, [(60e3, 80e3, 200e3, 300e3)[number % 4]]).fetchall()
            taken.append(1000 * (time.perf_counter() - began))
        found[name] = statistics.median(taken)
    connection.close()
    return found


def service(folder: Path, person: str, *, is_staff: bool) -> subprocess.Popen[bytes]:
    (folder / "store").mkdir(exist_ok=True)
    staff = f'"{person}"' if is_staff else ""
    toml = TOML.format(staff=staff, user=getpass.getuser(), person=person)
    (folder / "facility.toml").write_text(toml, encoding="utf-8")
    (folder / "facility.toml").chmod(0o600)
    command = [sys.executable, "-m", "lims.cli.main", "serve"]
    return subprocess.Popen(command, env={**os.environ, "LIMS_FACILITY": str(folder)}, stderr=subprocess.DEVNULL)


def peak_mb(process: subprocess.Popen[bytes]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def taken_ms(ask: Ask, facility: Facility) -> list[float]:
    chance, taken = random.Random(1), []
    for _ in range(ASKED):
        began = time.perf_counter()
        answer = ask(facility, chance)
        taken.append(1000 * (answer if isinstance(answer, float) else time.perf_counter() - began))
    return sorted(taken)


WRITERS = 20


def with_writers(folder: Path, facility: Facility) -> bool:
    """How much longer readers wait at most of 20 times while 20 people write tags, in a process of their own."""
    quiet = taken_ms(equality, facility)[int(0.95 * ASKED)]
    things = [hit.id for hit in facility.search_page("", kind="dataset", limit=WRITERS).items]
    command = [sys.executable, __file__, str(folder), *things]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()  # all of them write
        began = time.perf_counter()
        busy = taken_ms(equality, facility)[int(0.95 * ASKED)]
        took = time.perf_counter() - began
        process.stdin.close()
        rate = int(process.stdout.readline()) / took
    print(json.dumps({"name": "changes while others read", "value": round(rate, 1), "unit": "changes/s"}), flush=True)
    return report("readers' p95 while 20 write, against quiet", busy, "ms", goal=2 * quiet, baseline=quiet)


def write_tags(folder: Path, things: list[str]) -> None:
    """One person for each thing, until standard input ends; says when they have begun, and how much they wrote then."""
    is_over, written = threading.Event(), [0] * len(things)

    def write(number: int) -> None:
        mine = service_of(folder)
        while mine is not None and not is_over.is_set():
            mine.add_tag(things[number], f"tag {written[number] % 7}")
            mine.remove_tag(things[number], f"tag {written[number] % 7}")
            written[number] += 1

    writers = [threading.Thread(target=write, args=(number,)) for number in range(len(things))]
    for one in writers:
        one.start()
    while not all(written):
        time.sleep(0.01)
    before = sum(written)
    print("writing", flush=True)
    sys.stdin.read()
    print(2 * (sum(written) - before), flush=True)
    is_over.set()
    for one in writers:
        one.join()


def measure(folder: Path, person: str, *, is_staff: bool, raw: dict[str, float]) -> list[bool]:
    who = "staff" if is_staff else "one of 400"
    process, met = service(folder, person, is_staff=is_staff), []
    try:
        facility = connected(folder, process)
        began = time.perf_counter()
        total = first_answer(facility)
        first = 1000 * (time.perf_counter() - began)
        met.append(report(f"the first question after a start, {who} ({total} files)", first, "ms", goal=30_000))
        AS_OF[0] = facility.search_page("", limit=0).snapshot - 3
        for name, ask, goal in QUESTIONS:
            taken = taken_ms(ask, facility)
            scaled = goal * max(1.0, 6 * SIZE / 10_000_000) if SIZE > 1_000_000 else goal
            met.append(report(f"{name}, {who}", statistics.median(taken), "ms", goal=scaled, baseline=raw.get(name)))
            p95 = {"name": f"{name}, {who}: p95", "value": round(taken[int(0.95 * ASKED)], 1), "unit": "ms"}
            print(json.dumps(p95), flush=True)
        if is_staff:
            met.append(with_writers(folder, facility))
        met.append(report(f"peak memory of the service, {who}", peak_mb(process), "MB", goal=2048))
    finally:
        process.terminate()
        process.wait()
    return met


def first_answer(facility: Facility) -> int:
    """How many files a word is in; asked again where the arrays of ten million files take longer than one waits."""
    end = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            return facility.search_page("grain", kind="dataset", **PAGE).total
        except Unavailable:
            if time.monotonic() > end:
                raise


def connected(folder: Path, process: subprocess.Popen[bytes]) -> Facility:
    end = time.monotonic() + STARTS_WITHIN_S
    while (found := service_of(folder)) is None:
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit("The service did not start.")
        time.sleep(0.2)
    return found


def main() -> bool:
    with TemporaryDirectory() as made:
        folder = Path(os.environ.get("LIMS_BENCH_CATALOG") or made)
        if not (folder / "catalog").exists():
            began = time.process_time()
            build(folder, SIZE)
            cpu = time.process_time() - began
            print(json.dumps({"name": "building", "value": round(cpu, 1), "unit": "CPU s"}), flush=True)
        staff = measure(folder, PERSON, is_staff=True, raw=raw_ms(folder))
        return all([*staff, *measure(folder, PERSON, is_staff=False, raw={})])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write_tags(Path(sys.argv[1]), sys.argv[2:])
    else:
        sys.exit(0 if main() else 1)
