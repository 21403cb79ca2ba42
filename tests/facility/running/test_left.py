"""Runs whose `lims run` is killed: the next one closes them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat
import psutil
import pytest

from lims.errors import Unavailable
from lims.facility.facility import Facility
from lims.facility.local_files import local_file
from lims.facility.running.capture import KILLED
from lims.facility.running.left import close_at
from lims.model import Run
from lims.provenance.run_folders import RUN, left_folders, new_folder, runs_folder
from tests.facility.running.people import People, write_image, write_program

PATIENCE_S = 60.0
SLOW = """
import pathlib, sys, time
print("begun", flush=True)
pathlib.Path("sum.txt").write_text(str(sum(open(sys.argv[1], "rb").read())))
pathlib.Path("there").touch()
while not pathlib.Path("go").exists():
    time.sleep(0.05)
pathlib.Path("late.txt").write_text("late")
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def until(is_so: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, f"not within {PATIENCE_S} s: {what}"
        time.sleep(0.05)


@contextmanager
def lims_run(at: People, work: Path, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """xenia's, which has come to the file `there`. Ended with all that it started."""
    env = {**os.environ, "LIMS_FACILITY": at.xenia.address}
    command = [sys.executable, "-m", "lims.cli.main", "run", *words]
    process = subprocess.Popen(command, cwd=work, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    children: list[psutil.Process] = []
    try:
        until((work / "there").exists, "what runs has begun")
        children = psutil.Process(process.pid).children(recursive=True)
        yield process
    finally:
        for one in children:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        process.kill()
        process.wait()


def end(process: "subprocess.Popen[bytes]", *, with_children: bool) -> None:
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if with_children:
        for one in children:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        until(lambda: list(left_folders()), "nobody holds the folder any more")


def newest(facility: Facility) -> Run:
    return facility.runs(limit=1)[0]


def text_of(facility: Facility, dataset: str | None) -> str:
    return local_file(facility, facility.location(str(dataset))).read_text()


def test_a_killed_run_is_closed_by_the_next_one(at: People, work: Path, script) -> None:
    eve = at.arrive(write_image(at.raw / "eve_killed.tif"))
    write_program(work, "slow.py", SLOW)
    with lims_run(at, work, "slow.py", str(at.raw / "eve_killed.tif")) as process:
        assert newest(at.xenia.facility).status == "running"
        end(process, with_children=True)
    close_at(at.xenia.facility, at.xenia.address)
    told = at.xenia.facility.run(newest(at.xenia.facility).id)
    assert (told.status, told.error, told.notebook) == ("failed", KILLED, "slow.py")
    assert [one.id for one in told.inputs] == [eve]
    assert {one.name for one in told.files if one.role == "output"} >= {"sum.txt"}
    assert told.outputs == (), "files of long ago may be others' by now"
    assert "Written and not kept, for the run was closed later: sum.txt, there." in [one.text for one in told.doubts]
    assert text_of(at.xenia.facility, told.executed) == "begun\n"
    assert text_of(at.xenia.facility, told.details.source) == SLOW
    assert list(left_folders()) == []


def test_a_script_that_outlives_its_lims_run_is_waited_for(at: People, work: Path) -> None:
    at.arrive(write_image(at.raw / "eve_outlived.tif"))
    write_program(work, "slow.py", SLOW)
    with lims_run(at, work, "slow.py", str(at.raw / "eve_outlived.tif")) as process:
        end(process, with_children=False)
        close_at(at.xenia.facility, at.xenia.address)
        assert newest(at.xenia.facility).status == "running"
        (work / "go").touch()
        until(lambda: list(left_folders()), "the script has ended")
        close_at(at.xenia.facility, at.xenia.address)
    told = at.xenia.facility.run(newest(at.xenia.facility).id)
    assert told.status == "failed"
    assert {one.name for one in told.files if one.role == "output"} >= {"sum.txt", "late.txt"}


def test_of_a_notebook_what_had_run_by_then_is_kept(at: People, work: Path) -> None:
    cells = ["print(6 * 7)", "import pathlib, time\npathlib.Path('there').touch()\ntime.sleep(600)"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, work / "long.ipynb")
    with lims_run(at, work, "long.ipynb") as process:
        end(process, with_children=True)
    assert newest(at.xenia.facility).status == "running"
    close_at(at.xenia.facility, at.xenia.address)
    told = at.xenia.facility.run(newest(at.xenia.facility).id)
    assert (told.status, told.error) == ("failed", KILLED)
    first = nbformat.reads(text_of(at.xenia.facility, told.executed), 4).cells[0]
    assert first.outputs[0].text == "42\n"


def test_one_that_was_killed_before_it_knew_its_run_is_no_other_case(at: People, work: Path) -> None:
    source = write_program(work, "early.py", "print(1)")
    folder = new_folder()
    begin = {"notebook": "early.py", "kind": "script", "folder": str(work), "request_key": folder.path.name}
    about = {"source": str(source), "executed": str(folder.path / "early.log"), "is_strict": False, "user": "xenia"}
    config = {"journal": str(folder.journal), "roots": []}
    folder.write(RUN, {"begin": begin, "place": at.xenia.address, "config": config, **about})
    begun = at.xenia.facility.begin_run(**begin).id
    folder.lock.close()
    close_at(at.xenia.facility, at.xenia.address)
    told = at.xenia.facility.run(begun)
    assert (newest(at.xenia.facility).id, told.status, told.error) == (begun, "failed", KILLED)


def test_one_that_ended_while_the_facility_did_not_answer_is_closed_as_it_ended(
    at: People, work: Path, script, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise Unavailable("The facility does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(at.xenia.facility, "finish_run", away)
        with pytest.raises(Unavailable, match="does not answer"):
            script(work, "open('made.txt', 'w').write('1')")
    assert newest(at.xenia.facility).status == "running"
    close_at(at.xenia.facility, at.xenia.address)
    told = at.xenia.facility.run(newest(at.xenia.facility).id)
    assert (told.status, told.error) == ("done", "")
    assert told.environment["python"]
    assert [one.name for one in told.files if one.role == "output"] == ["made.txt"]
    assert Path(at.xenia.facility.location(str(told.executed)).name).name == "step.log", "kept once"
    assert list(left_folders()) == []


def test_what_was_left_at_another_facility_is_left_there(at: People, state: Path) -> None:
    folder = new_folder()
    folder.write(RUN, {"run": "run-0000000000", "place": "http://127.0.0.1:9", "user": "xenia"})
    folder.lock.close()
    close_at(at.xenia.facility, at.xenia.address)
    assert [one.name for one in runs_folder().iterdir()] == [folder.path.name]
    assert runs_folder().is_relative_to(state)


def test_what_is_another_persons_in_the_same_account_or_cannot_be_read_is_in_nobodys_way(at: People) -> None:
    begun = at.xenia.facility.begin_run("theirs.py", kind="script").id
    documents = [{"run": begun, "place": at.xenia.address, "user": "yuri"}, {"place": at.xenia.address}]
    for document in documents:
        folder = new_folder()
        folder.write(RUN, document)
        folder.lock.close()
    empty = new_folder()
    (empty.path / RUN).touch()
    empty.lock.close()
    close_at(at.xenia.facility, at.xenia.address)
    assert len(list(left_folders())) == 3
    assert at.xenia.facility.run(begun).status == "running"


def test_files_that_were_cut_short_are_told_by_their_bytes(at: People, work: Path) -> None:
    cut = "import pathlib, time\npathlib.Path('a.npy').write_bytes(b'\\x93NUMPY\\x01\\x00v')\n"
    write_program(work, "cut.py", cut + "pathlib.Path('there').touch()\ntime.sleep(600)")
    with lims_run(at, work, "cut.py") as process:
        end(process, with_children=True)
    close_at(at.xenia.facility, at.xenia.address)
    told = at.xenia.facility.run(newest(at.xenia.facility).id)
    assert [one.name for one in told.files if one.role == "output"] == ["a.npy", "there"]
    (file,) = [one for one in told.files if one.name == "a.npy"]
    assert (told.status, file.content_hash.partition(":")[0]) == ("failed", "bytes")


def test_a_kernel_that_outlives_its_lims_run_is_waited_for(at: People, work: Path) -> None:
    cell = "import pathlib, time\npathlib.Path('there').touch()\ntime.sleep(600)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, work / "long.ipynb")
    with lims_run(at, work, "long.ipynb") as process:
        kernel = next(one for one in psutil.Process(process.pid).children() if "ipykernel" in " ".join(one.cmdline()))
        kernel.suspend()  # so that it cannot see that its parent is gone
        end(process, with_children=False)
        close_at(at.xenia.facility, at.xenia.address)
        assert newest(at.xenia.facility).status == "running"
        kernel.resume()
        until(lambda: list(left_folders()), "the kernel has ended")
        close_at(at.xenia.facility, at.xenia.address)
    assert newest(at.xenia.facility).status == "failed"


def test_where_nothing_can_be_remembered_the_run_is_refused_before_it_begins(
    at: People, work: Path, script, monkeypatch: pytest.MonkeyPatch
) -> None:
    (work / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(work / "file"))
    before = newest(at.xenia.facility).id
    with pytest.raises(Unavailable, match="There is no place to remember a run while it goes on"):
        script(work, "print(1)")
    assert newest(at.xenia.facility).id == before
