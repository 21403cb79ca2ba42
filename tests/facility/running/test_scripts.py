"""What a run of a script or a program keeps: what it read, what it wrote, and what is odd about it."""

import hashlib
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from lims.errors import Invalid, LimsError, NotFound, Unavailable
from lims.facility.local_files import local_file
from lims.facility.origins import RunView
from lims.facility.remote import RemoteFacility
from lims.facility.running import How, run_script
from lims.provenance.content import byte_hash
from lims.provenance.observing import strict
from tests.facility.running.people import People, serving, write_image, write_program

HOSTILE = ("-rf.txt", "new\nline.txt", "5 µm 试.txt", "%41;$(x).txt")
BUSY = """
import os, shutil, sys
raw = sys.argv[1]
eve = open(raw + "/eve.tif", "rb").read()
open("seen.txt", "w").write(str(sum(eve)))
for name in ("first.txt", "second.txt"):
    open(name, "w").write("the same in both")
open("second.txt").read()
open("gone.txt", "w").write("x")
os.remove("gone.txt")
open("empty.dat", "w").close()
open("notes.txt", "a").write(" and more")
for name in sys.argv[2:]:
    open(name, "w").write(name)
os.makedirs("stack.zspy")
open("stack.zspy/.zattrs", "w").write("{}")
for act in (lambda: open(raw + "/eve.tif", "wb"), lambda: os.remove(raw + "/eve.tif"),
            lambda: shutil.move("seen.txt", raw + "/moved.txt")):
    try:
        act()
    except OSError as error:
        print("refused:", error)
"""


@dataclass(frozen=True)
class Told:
    run: RunView
    work: Path
    eve: str
    log: str


@pytest.fixture(scope="module")
def told(at: People, script, tmp_path_factory) -> Told:
    """One run in which much happens, in a git repository."""
    work = tmp_path_factory.mktemp("busy")
    eve = at.arrive(write_image(at.raw / "eve.tif"))
    (work / "notes.txt").write_text("before")
    write_program(work, "step.py", BUSY)
    for words in (["init", "-q"], ["add", "step.py"], ["commit", "-qm", "x"]):
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@y", *words], cwd=work, check=True)
    run = script(work, BUSY, str(at.raw), *HOSTILE)
    log = local_file(at.xenia.facility, at.xenia.facility.location(str(run.executed))).read_text()
    return Told(run, work, eve, log)


def names(run: RunView) -> set[str]:
    return {one.name for one in run.outputs}


def test_what_is_read_without_a_word_becomes_an_observed_edge(at, told):
    assert (told.run.status, told.run.error) == ("done", "")
    assert [(one.id, one.source) for one in told.run.inputs] == [(told.eve, "observed")]
    made = next(one for one in told.run.outputs if one.name == "seen.txt")
    (edge,) = at.xenia.facility.lineage(made.id, "ancestors").edges
    assert (edge["from"], edge["source"], edge["run"], edge["doubt"]) == (told.eve, "observed", told.run.run, "")


def test_what_is_written_without_a_word_is_kept_also_nothing_at_all_and_under_names_that_are_no_names(at, told):
    kept = {"seen.txt", "first.txt", "second.txt", "notes.txt", "empty.dat", "stack.zspy"}
    assert kept | {"-rf.txt", "5 µm 试.txt", "%41;$(x).txt", "new_line.txt"} == names(told.run)
    empty = next(one for one in told.run.outputs if one.name == "empty.dat")
    assert empty.sha256 == hashlib.sha256(b"").hexdigest()
    written = {one.path.rpartition("/")[2] for one in told.run.files if one.role == "output"}
    assert "new\nline.txt" in written, "the run remembers the name that it really had"


def test_two_files_of_one_content_are_two_results(told):
    same = [one for one in told.run.outputs if one.name in ("first.txt", "second.txt")]
    assert len({one.id for one in same}) == 2
    assert len({one.sha256 for one in same}) == 1


def test_what_is_written_and_removed_again_is_no_result(told):
    assert "gone.txt" not in names(told.run)
    assert not any("gone.txt" in one.text for one in told.run.doubts)


def test_a_folder_that_is_one_object_is_one_result(at, told):
    (stack,) = [one for one in told.run.outputs if one.name == "stack.zspy"]
    assert stack.sha256 == byte_hash(told.work / "stack.zspy")
    kept = local_file(at.xenia.facility, at.xenia.facility.location(stack.id))
    assert (kept / ".zattrs").read_text() == "{}"


def test_a_file_that_is_changed_in_place_is_read_as_it_was_and_written_as_it_is(told):
    files = {one.role: one for one in told.run.files if one.path.endswith("notes.txt")}
    before, after = files["input"], files["output"]
    assert before.sha256 == hashlib.sha256(b"before").hexdigest()
    assert after.sha256 == hashlib.sha256(b"before and more").hexdigest()


def test_raw_data_are_not_written_and_whoever_tries_is_told_why(at, told):
    assert told.log.count("refused:") == 3
    assert "raw data are read-only here" in told.log
    assert [one.text for one in told.run.doubts if "eve.tif" in one.text and "was not let" in one.text]
    assert at.local.dataset(told.eve).sha256 == hashlib.sha256((at.raw / "eve.tif").read_bytes()).hexdigest()
    assert not (at.raw / "moved.txt").exists()


def test_the_run_knows_the_commit_that_its_script_was_of(at, told):
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=told.work, capture_output=True, text=True, check=True)
    assert told.run.details.commit == commit.stdout.strip()
    assert told.run.details.folder == str(told.work)
    source = at.xenia.facility.dataset(str(told.run.details.source))
    assert source.sha256 == told.run.details.source_sha256


# --- declared and observed ---------------------------------------------------------------------------------------

DECLARES = """
import sys, lims
raw, eve, unread = sys.argv[1:]
open(raw + "/eve.tif", "rb").read()
open(raw + "/mask.tif", "rb").read()
open("masked.txt", "w").write("a mask on Eve")
lims.save("masked.txt", "masked.txt", parents=[eve, unread], relation="mask")
"""


@pytest.fixture(scope="module")
def doubtful(at: People, script, told, tmp_path_factory) -> RunView:
    """Eve was declared and read, the mask only read, the third only declared."""
    at.arrive(write_image(at.raw / "mask.tif", 1))
    unread = at.arrive(write_image(at.raw / "unread.tif", 2))
    return script(tmp_path_factory.mktemp("doubt"), DECLARES, str(at.raw), told.eve, unread)


def test_where_what_is_declared_and_what_is_seen_disagree_the_run_says_so_and_a_person_settles_it(at, doubtful):
    facility = at.xenia.facility
    assert names(doubtful) == {"masked.txt"}, "what lims.save has kept is not kept twice"
    doubts = {one.text: one.relation for one in doubtful.doubts}
    read = "mask.tif was read, and was not declared as an input."
    unread = "unread.tif was declared as an input, and was not seen to be read."
    assert set(doubts) == {read, unread}

    made = doubtful.outputs[0].id
    edges = {edge["doubt"]: edge for edge in facility.lineage(made, "ancestors").edges}
    assert edges[read]["source"] == "observed"
    assert (edges[""]["relation"], edges[""]["source"]) == ("mask", "declared")

    with pytest.raises(NotFound):
        at.yuri.facility.settle_relation(str(doubts[read]), "accept")
    facility.settle_relation(str(doubts[read]), "accept")
    facility.settle_relation(str(doubts[unread]), "reject")
    assert facility.run(doubtful.run).doubts == ()
    assert {node.name for node in facility.lineage(made, "ancestors").nodes} == {"masked.txt", "eve.tif", "mask.tif"}
    facility.settle_relation(str(doubts[unread]), "accept")
    assert "unread.tif" in {node.name for node in facility.lineage(made, "ancestors").nodes}, "the last word counts"


def test_a_result_that_is_read_later_is_known_by_its_content_wherever_it_lies(at, script, told, tmp_path):
    (tmp_path / "copy of it").write_text((told.work / "first.txt").read_text())
    run = script(tmp_path, "open('next.txt', 'w').write(open('copy of it').read() + '!')", name="second step.py")
    same = {one.id for one in told.run.outputs if one.name in ("first.txt", "second.txt")}
    assert len({one.id for one in run.inputs} & same) == len(run.inputs) == 1
    ancestors = at.xenia.facility.lineage(run.outputs[0].id, "ancestors").nodes
    assert told.eve in {node.id for node in ancestors}


# --- how it ends -------------------------------------------------------------------------------------------------


def test_a_script_that_fails_keeps_its_error_what_it_printed_and_what_it_wrote_until_then(at, script, tmp_path):
    run = script(tmp_path, "print('so far')\nopen('half.txt', 'w').write('1')\nraise ValueError('no fringes')")
    assert run.status == "failed"
    assert "ValueError: no fringes" in run.error
    assert names(run) == {"half.txt"}
    log = local_file(at.xenia.facility, at.xenia.facility.location(str(run.executed))).read_text()
    assert log.startswith("so far")
    assert "bootstrap" not in log, "the traceback is the script's own"


def test_a_script_that_is_too_long_or_wants_too_much_memory_is_ended_with_a_sentence(script, tmp_path):
    slow = script(tmp_path, "import time\nopen('a.txt', 'w').write('1')\ntime.sleep(600)", limit_s=4)
    assert (slow.status, slow.error) == ("failed", "It did not finish: the time limit was reached.")
    large = script(tmp_path, "b = bytearray(3 << 30)", memory_bytes=1 << 30, name="large.py")
    assert large.status == "failed"
    assert "MemoryError" in large.error


def test_what_is_no_program_or_reads_what_is_not_there_is_refused_and_leaves_no_run(at, script, tmp_path):
    before = len(at.xenia.facility.runs())
    with pytest.raises(Invalid, match=r"table\.csv is neither a notebook, nor a Python script, nor a program"):
        run_script(at.xenia.facility, at.xenia.address, write_program(tmp_path, "table.csv", "1,2"), [])
    with pytest.raises(NotFound, match="dat-zzzzzzzzzz"):
        script(tmp_path, "print(1)", inputs=("dat-zzzzzzzzzz",))
    with pytest.raises(Invalid, match="cannot be an output"):
        script(tmp_path, "print(1)", outputs=("/etc/passwd",))
    assert len(at.xenia.facility.runs()) == before


SHELL = """#!/bin/sh
tr a b < "$1" > result.txt
echo done
"""


def test_a_program_in_another_language_declares_what_nobody_sees(at, script, told, tmp_path):
    (tmp_path / "of yesterday.txt").write_text("1")
    declared = {"inputs": (told.eve,), "outputs": ("result.*", "*.no", "of yesterday.txt")}
    run = script(tmp_path, SHELL, str(at.raw / "eve.tif"), name="turn", **declared)
    assert (run.status, run.details.kind) == ("done", "program")
    assert [(one.name, one.source) for one in run.outputs] == [("result.txt", "declared")]
    (edge,) = at.xenia.facility.lineage(run.outputs[0].id, "ancestors").edges
    assert (edge["from"], edge["source"]) == (told.eve, "declared")
    assert [one.text for one in run.doubts] == [
        "*.no was declared as an output, and there is no such file.",
        "of yesterday.txt was declared as an output, and what is there is older than the run.",
    ]


@pytest.mark.skipif(not strict.is_available(), reason="optional: strace is not here, or may not trace")
def test_a_program_in_another_language_is_seen_by_its_system_calls(at, script, told, tmp_path):
    run = script(tmp_path, SHELL, str(at.raw / "eve.tif"), name="turn", is_strict=True)
    assert run.status == "done"
    assert [one.id for one in run.inputs] == [told.eve]
    assert names(run) == {"result.txt"}
    assert all("traced" in one.seen for one in run.files)
    (edge,) = at.xenia.facility.lineage(run.outputs[0].id, "ancestors").edges
    assert (edge["from"], edge["source"], edge["doubt"]) == (told.eve, "observed", "")


WAITS = """
import pathlib, sys, time
pathlib.Path("shared.txt").write_text(sys.argv[1])
pathlib.Path(sys.argv[2]).write_text("")
while not pathlib.Path(sys.argv[3]).exists():
    time.sleep(0.05)
"""


def test_of_two_runs_that_write_one_file_at_once_the_one_that_lost_says_so(at, tmp_path):
    place = tmp_path / "shared"
    place.mkdir()
    write_program(tmp_path, "waits.py", WAITS)
    done: dict[str, RunView] = {}

    def run(text: str, ready: str, wait_for: str) -> None:
        how = How(folder=place)
        words = [text, str(tmp_path / ready), str(tmp_path / wait_for)]
        done[text] = run_script(at.xenia.facility, at.xenia.address, tmp_path / "waits.py", words, how)

    first = threading.Thread(target=run, args=("first", "one", "two ended"))
    first.start()
    while not (tmp_path / "one").exists():
        first.join(0.05)
        assert first.is_alive()
    run("second", "two", "one")
    (tmp_path / "two ended").write_text("")
    first.join()
    assert names(done["second"]) == {"shared.txt"}
    assert names(done["first"]) == set()
    told = f"run {done['second'].run} has written the same there meanwhile"
    assert any(told in one.text for one in done["first"].doubts)


def test_a_facility_that_goes_away_in_the_middle_is_a_sentence(at, tmp_path):
    write_program(tmp_path, "waits.py", WAITS)
    errors: list[BaseException] = []
    with serving(at.local, ["xenia"]) as address:
        facility = RemoteFacility(f"{address}/xenia")

        def run() -> None:
            words = ["x", str(tmp_path / "begun"), str(tmp_path / "gone")]
            try:
                run_script(facility, address, tmp_path / "waits.py", words, How(folder=tmp_path))
            except LimsError as error:
                errors.append(error)

        running = threading.Thread(target=run)
        running.start()
        while not (tmp_path / "begun").exists():
            running.join(0.05)
            assert running.is_alive()
    (tmp_path / "gone").write_text("")
    running.join()
    (error,) = errors
    assert isinstance(error, Unavailable)
    assert "does not answer" in str(error)
    assert (tmp_path / "shared.txt").read_text() == "x", "what it has written stays where it is"
    assert at.xenia.facility.runs(limit=1)[0].status == "running"
