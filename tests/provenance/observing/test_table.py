"""Each way of reading and writing is done in both modes, and what is seen is what the page says."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from lims.provenance.observing import bootstrap
from lims.provenance.observing.journal import Observed, read_journal
from lims.provenance.observing.strict import read_trace, traced
from tests.provenance.observing.ways import WAYS, Way, page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "observed.md"
assert len(WAYS) == 27


@dataclass(frozen=True)
class Ground:
    """The folders of one run. Its name of a file says which way it belongs to."""

    folder: Path

    def path(self, kind: str, number: int) -> str:
        return str(self.folder / kind / f"{number:02}.{WAYS[number].ending}")

    @property
    def config(self) -> dict[str, object]:
        roots = [{"path": str(self.folder / kind), "kind": kind} for kind in ("store", "derived", "work")]
        return {"journal": str(self.folder / "journal"), "roots": roots, "refuse": [str(self.folder / "store")]}

    def lines(self, number: int, code: str, path: str) -> str:
        names = {"path": path, "other": str(self.folder / "other"), "text": str(self.folder / "store" / "text.txt")}
        return f"exec({code!r}, {names!r})\n"

    def prepare(self) -> None:
        """What is read, and what is changed, is made before, by another program."""
        for kind in ("store", "derived", "work"):
            (self.folder / kind).mkdir()
        (self.folder / "store" / "text.txt").write_text("some text")
        made = [
            self.lines(number, way.make or way.write, self.path("derived" if way.change else "store", number))
            for number, way in enumerate(WAYS)
            if way.read or way.change
        ]
        self.run([sys.executable], made)

    def doing(self) -> list[str]:
        lines = []
        for number, way in enumerate(WAYS):
            for kind, code in (("store", way.read), ("derived", way.write or way.change)):
                if code:
                    lines.append(self.lines(number, code, self.path(kind, number)))
        return lines

    def run(self, command: list[str], lines: list[str]) -> None:
        script = self.folder / "script.py"
        script.write_text("".join(lines))
        argv = [*command, str(script)]
        done = subprocess.run(argv, cwd=self.folder / "work", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module", params=["observed", "strict"])
def seen(request, tmp_path_factory) -> tuple[str, Ground, Observed]:
    ground = Ground(tmp_path_factory.mktemp(request.param))
    ground.prepare()
    if request.param == "strict":
        ground.run(traced([sys.executable], ground.folder / "log"), ground.doing())
        return "strict", ground, read_trace(ground.folder / "log", ground.config)
    config = ground.folder / "config.json"
    config.write_text(json.dumps(ground.config))
    ground.run([sys.executable, bootstrap.__file__, str(config)], ground.doing())
    return "observed", ground, read_journal(ground.folder / "journal", ended=True)


def expected(way: Way, mode: str) -> tuple[bool, bool]:
    reads, writes = bool(way.read or way.change), bool(way.write or way.change)
    return reads and (mode == "strict" or way.is_read_seen), writes and (mode == "strict" or way.is_written_seen)


def test_what_is_seen_is_what_the_page_says(seen):
    mode, ground, observed = seen
    reads, writes = ({one.path for one in some} for some in (observed.reads, observed.writes))
    found, told = {}, {}
    for number, way in enumerate(WAYS):
        source = ground.path("derived" if way.change else "store", number)
        found[way.name] = (source in reads, ground.path("derived", number) in writes)
        told[way.name] = expected(way, mode)
    assert found == told


def test_nothing_else_is_seen(seen):
    _, ground, observed = seen
    sources = {ground.path(kind, number) for number in range(len(WAYS)) for kind in ("store", "derived")}
    text = str(ground.folder / "store" / "text.txt")
    targets = {ground.path("derived", number) for number, way in enumerate(WAYS) if way.write or way.change}
    changed = {ground.path("derived", number) for number, way in enumerate(WAYS) if way.change}
    assert {one.path for one in observed.writes} <= targets
    assert {one.path for one in observed.reads} <= sources - (targets - changed) | {text}
    assert observed.refused == ()


def test_what_was_changed_in_place_says_so(seen):
    mode, ground, observed = seen
    changed = {ground.path("derived", number) for number, way in enumerate(WAYS) if way.change}
    assert len(changed) == 3
    assert {one.path for one in observed.reads if one.was_changed} == changed
    assert {one.path for one in observed.writes if one.was_changed} == changed
    assert all(bool(one.sha256) == (mode == "observed" and not one.is_tree) for one in observed.reads)


def test_the_page_of_what_is_seen_tells_the_truth():
    """When this fails: python -m tests.provenance.observing.ways > docs/reference/observed.md"""
    assert PAGE.read_text(encoding="utf-8") == page()
