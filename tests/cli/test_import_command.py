"""`lims import`, as a shell would run it, also killed in the middle."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lims.facility.local import LocalFacility
from lims.model import SYSTEM
from tests.cli.conftest import Lims
from tests.facilities import write_facility
from tests.importing.archives import THEN, write_folder, write_zip

PROJECT = Path(__file__).parents[2]
FILES = 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_facility(tmp_path / "facility")


@pytest.fixture
def ask(lims: Lims, folder: Path) -> Lims:
    return lambda *arguments: lims("--facility", str(folder), *arguments)


@pytest.fixture
def evening(tmp_path: Path) -> Path:
    """Two folders of texts, written one a minute."""
    for number in range(FILES):
        write_folder(tmp_path / "old", [f"day {number % 2}/{number:02}.txt"], THEN + number * timedelta(minutes=1))
    return tmp_path / "old"


def test_the_report_has_what_scripts_read(ask: Lims, evening: Path) -> None:
    said = ask("import", str(evening), "--project", "AM-12", "--instrument", "titan", "--json")
    document = said.document
    assert said.code == 0
    assert {
        "project": "AM-12", "owner": "m.keller", "place": "imported:AM-12/old", "dry_run": False, "copied": FILES,
        "there": 0, "refused": [], "junk": 0, "datasets": FILES, "registered": FILES, "extracted": FILES, "failed": [],
        "instruments": {"titan": FILES}, "without_session": 0,
    }.items() <= document.items()  # fmt: skip
    (session,) = document["sessions"]
    assert (datetime.fromisoformat(session["start"]), session["files"]) == (THEN, FILES)
    record = ask("show", session["record"], "--json").document
    assert (record["project"], record["title"]) == ("AM-12", "old (imported)")
    found = ask("search", "03.txt", "--json").document["items"]
    assert sorted((one["kind"], one["name"]) for one in found) == [("dataset", "03.txt"), ("record", "old (imported)")]


def test_a_dry_run_shows_the_tree_and_the_sessions_and_writes_nothing(ask: Lims, folder: Path, evening: Path) -> None:
    said = ask("import", str(evening), "--project", "AM-12", "--dry-run")
    assert said.code == 0
    for words in ("to copy        40", "old/", "  day 0/  20 files", "1 sessions, by the files' own times"):
        assert words in said.out, words
    assert "Nothing was changed" in said.err
    assert list((folder / "imported").iterdir()) == []
    assert ask("search", "", "--json").document["total"] == 0
    assert ask("session", "list", "--json").document == []


def test_what_is_refused_is_listed_with_the_reason_and_the_command_says_so(ask: Lims, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", ["good.txt", "../up\x1b[2J.txt"])
    for options in (("--dry-run",), ()):
        said = ask("import", str(path), "--project", "AM-12", *options)
        assert said.code == 1
        assert "1 refused" in said.out
        assert "a path that leads out of the archive" in said.out
        assert "\x1b" not in said.out
    assert ask("search", "", "--json").document["total"] == 1


def test_files_that_cannot_be_read_are_listed_and_are_no_failure_of_the_import(ask: Lims, tmp_path: Path) -> None:
    source = write_folder(tmp_path / "old", ["good.txt"])
    (source / "half.dm3").write_bytes(b"\0\0\0\3" + bytes(40))
    said = ask("import", str(source), "--project", "AM-12")
    assert said.code == 0
    assert "1 failed" in said.out


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("{source}",), 2, "--project"),
        (("{source}/none", "--project", "P"), 1, "nothing at"),
        (("{source}/day 0/00.txt", "--project", "P"), 2, "no folder, no zip and no tar"),
        (("{source}", "--project", "P", "--instrument", "krios"), 1, "No instrument"),
        (("{source}", "--project", " "), 2, "cannot name a project"),
        (("{facility}/store/Titan_TEM", "--project", "P"), 2, "a harvest does this already"),
    ],
)
def test_what_cannot_be_imported_is_refused_in_a_sentence(
    ask: Lims, folder: Path, evening: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    said = ask("import", *(one.format(source=evening, facility=folder) for one in arguments))
    assert (said.code, said.out) == (code, "")
    assert sentence in said.err


# --- interrupted -----------------------------------------------------------------------------------------------------


def started(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    # At the end of the path, so that the installed package comes before the checkout beside the tests.
    run = f"import sys; sys.path.append({str(PROJECT)!r}); from lims.cli.main import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", run, "--facility", str(folder), "import", *arguments]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def arrived(folder: Path) -> int:
    return sum(one.suffix == ".txt" for one in (folder / "imported").rglob("*")) if folder.is_dir() else 0


def wait_for(process: "subprocess.Popen[str]", folder: Path, files: int) -> None:
    until = time.monotonic() + 200
    while arrived(folder) < files and process.poll() is None:
        assert time.monotonic() < until, "nothing arrives"
        time.sleep(0.002)


def check_whole(folder: Path, document: dict[str, Any]) -> None:
    """Every file once, read and hashed, in one session and one collection; nothing half written is left."""
    assert (document["datasets"], document["refused"], document["failed"]) == (FILES, [], [])
    with LocalFacility(folder) as facility:
        view = facility.desk.catalog.view(SYSTEM)
        datasets = view.datasets()
        assert Counter(one.name for one in datasets) == Counter({f"{number:02}.txt": 1 for number in range(FILES)})
        assert {(one.status, one.owner) for one in datasets} == {("extracted", "m.keller")}
        assert all(one.sha256 for one in datasets)
        (session,) = view.sessions()
        (record,) = view.records()
        assert {one.session for one in datasets} == {session.id}
        assert (record.datasets, record.failed) == (FILES, 0)
        members = Counter(one for collection in view.collections() for one in collection.members)
        assert members == Counter(one.id for one in datasets)
        assert sorted(one.title for one in view.collections()) == ["day 0", "day 1", "old"]
    kept = [one for one in (folder / "imported").rglob("*") if one.is_file()]
    assert len(kept) == FILES
    assert all(one.read_text() == f"{one.parent.name}/{one.name}\n" for one in kept)


@pytest.mark.parametrize(("files", "later_s"), [(1, 0.0), (FILES // 2, 0.0), (FILES, 0.0), (FILES, 0.7), (FILES, 1.6)])
@pytest.mark.parametrize("kind", ["folder", "tar"])
def test_killed_in_the_middle_the_same_command_goes_on(
    ask: Lims, folder: Path, evening: Path, kind: str, files: int, later_s: float
) -> None:
    source = evening
    if kind == "tar":
        source = evening.parent / "old.tar.gz"
        subprocess.run(["tar", "-C", evening, "-czf", source, "."], check=True)
    arguments = (str(source), "--project", "AM-12", "--instrument", "titan")
    process = started(folder, *arguments)
    wait_for(process, folder, files)
    time.sleep(later_s)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    document = ask("import", *arguments, "--json").document
    assert document["copied"] + document["there"] == FILES
    assert document["there"] >= files
    check_whole(folder, document)


@pytest.mark.long
def test_killed_again_and_again(ask: Lims, folder: Path, evening: Path) -> None:
    chance = random.Random(20090317)
    arguments = (str(evening), "--project", "AM-12", "--instrument", "titan")
    for _ in range(15):
        process = started(folder, *arguments)
        time.sleep(chance.uniform(0.5, 4))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    check_whole(folder, ask("import", *arguments, "--json").document)


def test_ctrl_c_stops_it_and_says_that_it_can_go_on(ask: Lims, folder: Path, evening: Path) -> None:
    arguments = (str(evening), "--project", "AM-12", "--instrument", "titan")
    process = started(folder, *arguments)
    wait_for(process, folder, 3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on from here" in err
    check_whole(folder, ask("import", *arguments, "--json").document)


def test_an_archive_packed_in_another_time_zone_is_the_same_archive(
    ask: Lims, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A zip has wall-clock times: read elsewhere they are others, but the files are there by their content."""
    path = write_zip(tmp_path / "a.zip", ["a.txt", "b.txt"])
    assert ask("import", str(path), "--project", "P", "--json").document["copied"] == 2
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        again = ask("import", str(path), "--project", "P", "--json").document
    finally:
        monkeypatch.undo()
        time.tzset()
    assert (again["copied"], again["there"], again["refused"]) == (0, 2, [])
    assert again["datasets"] == 2


def test_names_that_are_no_utf8_arrive(ask: Lims, folder: Path, tmp_path: Path) -> None:
    source = write_folder(tmp_path / "old", ["a.txt"])
    Path(os.fsdecode(os.fsencode(source) + b"/caf\xe9.txt")).write_text("latin")
    assert ask("import", str(source), "--project", "P", "--json").document["copied"] == 2
    assert b"caf\xe9.txt" in os.listdir(os.fsencode(folder / "imported" / "P" / "old"))  # noqa: PTH208 (bytes)
    assert ask("import", str(source), "--project", "P", "--json").document["there"] == 2
