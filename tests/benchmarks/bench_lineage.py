"""How soon a service tells what came from what: over HTTP, one client, 50 different questions of each kind.

LIMS_BENCH_SIZE says how many runs, of five edges each; LIMS_BENCH_LINEAGE where their facility is kept, so that it is
made only once. As staff, who see everything, and as one of 40 people, who see what is theirs. Beside it NetworkX, asked
the same of the same edges in memory: which things, and which edges between them. An answer of the service also says of
each thing its name, checksum and whether it is stale, and of each edge how it was made, in words.
"""

import json
import os
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import networkx as nx
import psutil
from bench_search import PERSON, connected, service
from report import report
from synthetic_lineage import build

from lims.catalog.lake import attach_to_read, engine_to_read
from lims.errors import Unavailable
from lims.facility.facility import Facility
from lims.facility.views import DatasetView

SIZE = int(os.environ.get("LIMS_BENCH_SIZE", "100000"))
ASKED, SIZES, GOAL_MS = 50, (10, 100, 1_000), 20
PAGE, PAGES = 1_000, 20
WRITES = 20
LONGEST_MS = 60_000
FIRST_MS, GRAPH_MIB = 3_000, 250
TRIED = 60_000

Ask = Callable[[Facility, Any], object]
Ways = dict[str, list[str]]


@dataclass(frozen=True)
class Known:
    """The edges that somebody sees: up and down from each thing, and as NetworkX has them (from input to output)."""

    up: Ways
    down: Ways
    graph: Any

    @classmethod
    def of(cls, edges: Sequence[tuple[str, str]]) -> "Known":
        up, down = defaultdict(list), defaultdict(list)
        for output, source in edges:
            up[output].append(source)
            down[source].append(output)
        graph = nx.DiGraph()
        graph.add_edges_from((source, output) for output, source in edges)
        return cls(dict(up), dict(down), graph)


def edges_of(folder: Path, person: str) -> list[tuple[str, str]]:
    """(output, input) of each edge that the person sees; of all for ""."""
    connection = engine_to_read(folder / "extensions", 4_000)
    attach_to_read(connection, folder / "catalog", "lake")
    seen = f"""SELECT "id" FROM lake.main.dataset WHERE '{person}' IN ('', "owner")
        OR "session" IN (SELECT "id" FROM lake.main.session WHERE "user" = '{person}')"""
    sql = f"""WITH seen AS MATERIALIZED ({seen}) SELECT "output", "input" FROM lake.main.relation
        WHERE "output" IN (FROM seen) AND "input" IN (FROM seen) ORDER BY "id" """
    found = connection.execute(sql).fetchall()
    connection.close()
    return found


def size_of(ways: Ways, start: str, most: int) -> int:
    """How many things can be reached, itself counted; one more than `most` where there are more."""
    found, new = {start}, [start]
    while new and len(found) <= most:
        new = [one for one in {two for one in new for two in ways.get(one, ())} if one not in found]
        found.update(new)
    return min(len(found), most + 1)


def of_size(ways: Ways, size: int) -> list[str]:
    """Things whose answer has about so many: within a fifth."""
    chance, found = random.Random(size), []
    things = sorted(ways)
    for one in chance.sample(things, min(TRIED, len(things))):
        if 0.8 * size <= size_of(ways, one, int(1.2 * size)) <= 1.2 * size:
            found.append(one)
            if len(found) == ASKED:
                break
    return found


class Bench:
    """One person's questions to a service that runs, beside those to NetworkX."""

    def __init__(self, facility: Facility, server: psutil.Process, who: str, known: Known) -> None:
        self.facility, self.server, self.who, self.known = facility, server, who, known
        self.met: list[bool] = []

    def asked(self, name: str, ask: Ask, about: Sequence[Any], baseline: Callable[[Any], object] | None) -> None:
        """Five of them before they count."""
        if not about:
            print(json.dumps({"name": f"{name}, {self.who}", "value": None, "unit": "no such question"}), flush=True)
            return
        self.times(ask, about[:5])
        before = self.cpu_s()
        taken = self.times(ask, about)
        cpu_ms = 1000 * (self.cpu_s() - before) / len(taken)
        beside = median_ms(baseline, about) if baseline else None
        self.told(name, taken, beside, cpu_ms)

    def times(self, ask: Ask, about: Sequence[Any]) -> list[float]:
        """Milliseconds; of fewer questions where they take too long, and until the client gives up."""
        taken: list[float] = []
        for one in about:
            began = time.perf_counter()
            try:
                ask(self.facility, one)
            except Unavailable as error:
                print(json.dumps({"name": "no answer", "value": str(error), "unit": self.who}), flush=True)
            taken.append(1000 * (time.perf_counter() - began))
            if sum(taken) > LONGEST_MS:
                break
        return taken

    def told(self, name: str, taken: Sequence[float], beside: float | None, cpu_ms: float) -> None:
        name, taken = f"{name}, {self.who}", sorted(taken)
        self.met.append(report(name, statistics.median(taken), "ms", goal=GOAL_MS, baseline=beside))
        p95 = taken[min(int(0.95 * len(taken)), len(taken) - 1)]
        self.met.append(report(f"{name}: p95", p95, "ms", goal=GOAL_MS))
        more = {"name": f"{name}: service and client", "value": round(cpu_ms, 1), "unit": "CPU ms a question"}
        print(json.dumps(more), flush=True)

    def cpu_s(self) -> float:
        """Of both ends: on a busy machine the clock also tells of others."""
        its = self.server.cpu_times()
        return float(its.user + its.system) + time.process_time()

    # --- the questions -------------------------------------------------------------------------------------------

    def walks(self) -> None:
        graph = self.known.graph
        for size in SIZES:
            above, below = of_size(self.known.up, size), of_size(self.known.down, size)
            self.asked(
                f"ancestors, {size} things", lambda f, one: f.lineage(one, "ancestors"), above,
                lambda one: among(graph, {one, *nx.ancestors(graph, one)}),
            )  # fmt: skip
            self.asked(
                f"descendants, {size} things", lambda f, one: f.lineage(one, "descendants"), below,
                lambda one: among(graph, {one, *nx.descendants(graph, one)}),
            )  # fmt: skip
            self.asked(
                f"resting on a dataset, {size} things", lambda f, one: f.resting_on(dataset=one), below,
                lambda one: among(graph, nx.descendants(graph, one)),
            )  # fmt: skip

    def pairs(self) -> None:
        """Of things with so many ancestors; the two have some of them in common."""
        graph = self.known.graph
        for size in SIZES:
            chance = random.Random(size)
            above = [(one, chance.choice(sorted(nx.ancestors(graph, one)))) for one in of_size(self.known.up, size)]
            both = [(one, chance.choice(sorted(nx.descendants(graph, up)))) for one, up in above]
            self.asked(
                f"common ancestors, {size} above", lambda f, two: f.common_ancestors(*two), both,
                lambda two: nx.ancestors(graph, two[0]) & nx.ancestors(graph, two[1]),
            )  # fmt: skip
            self.asked(
                f"path to one of {size} ancestors", lambda f, two: f.path(*two), above,
                lambda two: nx.shortest_path(graph, two[1], two[0]),
            )  # fmt: skip

    def views(self) -> None:
        things = random.Random(3).sample(sorted(self.known.up), ASKED)
        self.asked("one dataset and whether it is stale", seen, things, None)

    def pages(self, reference: str) -> None:
        def page(facility: Facility, number: int) -> object:
            return facility.lineage(reference, "descendants", limit=PAGE, offset=PAGE * number)

        total = self.facility.lineage(reference, "descendants", limit=1).total
        self.asked(f"a page of {PAGE} of {total}", page, range(min(PAGES, total // PAGE)), None)

    def writes(self) -> None:
        """A relation, and at once the question whose answer it changes."""
        things = [one for one in of_size(self.known.up, 100) if one in self.known.up][:WRITES]
        sources = of_size(self.known.down, 10)
        written, taken, before, spent = [], [], self.cpu_s(), 0.0
        for output, source in zip(things, sources, strict=False):
            if output in nx.ancestors(self.known.graph, source) | {source}:
                continue
            began = time.perf_counter()
            self.facility.relate(output, source, "compared with")
            written.append(1000 * (time.perf_counter() - began))
            between = self.cpu_s()
            began = time.perf_counter()
            answer = self.facility.lineage(output, "ancestors")
            taken.append(1000 * (time.perf_counter() - began))
            spent += self.cpu_s() - between
            if not any((one["from"], one["to"]) == (source, output) for one in answer.edges):
                raise SystemExit(f"A relation from {source} to {output} was written and is not told.")
        wrote_ms = 1000 * (self.cpu_s() - before - spent) / len(written)
        self.told("a relation is declared", written, None, wrote_ms)
        self.told("100 ancestors at once after a relation", taken, None, 1000 * spent / len(taken))


def seen(facility: Facility, dataset: str) -> object:
    return facility.call("dataset", DatasetView, dataset=dataset, metadata=False)


def among(graph: Any, things: set[str]) -> list[tuple[str, str]]:
    """Edges between these."""
    return [(one, two) for one in things for two in graph.succ[one] if two in things]


def median_ms(what: Callable[[Any], object], about: Sequence[Any]) -> float:
    taken = []
    for one in about:
        began = time.perf_counter()
        what(one)
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def measure(folder: Path, *, is_staff: bool) -> list[bool]:
    who = "staff" if is_staff else "one of 40"
    edges = edges_of(folder, "" if is_staff else PERSON)
    known = Known.of(edges)
    print(json.dumps({"name": f"edges that are seen, {who}", "value": len(edges), "unit": "edges"}), flush=True)
    process = service(folder, PERSON, is_staff=is_staff)
    try:
        facility, server = connected(folder, process), psutil.Process(process.pid)
        bench = Bench(facility, server, who, known)
        one = of_size(known.up, 10)[0]
        facility.instruments()
        before = server.memory_info().rss
        began = time.perf_counter()
        facility.lineage(one)
        first = 1000 * (time.perf_counter() - began)
        bench.met.append(report(f"first lineage after a start, {who}", first, "ms", goal=FIRST_MS))
        grown = (server.memory_info().rss - before) / (1 << 20)
        bench.met.append(report(f"memory that the graph takes, {who}", grown, "MiB", goal=GRAPH_MIB))
        bench.walks()
        bench.pairs()
        bench.views()
        if is_staff:
            bench.pages(max(known.down, key=lambda one: len(known.down[one])))
        bench.writes()
        return bench.met
    finally:
        process.terminate()
        process.wait()


def main() -> bool:
    with TemporaryDirectory() as made:
        folder = Path(os.environ.get("LIMS_BENCH_LINEAGE") or made)
        if not (folder / "catalog").exists():
            began = time.process_time()
            build(folder, SIZE)
            cpu = time.process_time() - began
            print(json.dumps({"name": "building", "value": round(cpu, 1), "unit": "CPU s"}), flush=True)
        return all([*measure(folder, is_staff=True), *measure(folder, is_staff=False)])


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
