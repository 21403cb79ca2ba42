"""What a fenced command may do. The kernel of the test machine must have Landlock."""

import json
import subprocess
import sys
import venv

import pytest

from lims.errors import Unavailable
from lims.extractors.fence import landlock
from lims.provenance.observing import bootstrap
from lims.provenance.observing.fenced import fenced, is_available
from lims.provenance.observing.journal import read_journal
from lims.provenance.observing.strict import read_trace, traced

TRIES = """
import os, shutil, socket, subprocess, sys
outside, inside = sys.argv[1:]
assert open(outside + '/a.txt').read() == 'abc'
tries = [
    lambda: open(outside + '/a.txt', 'w'), lambda: open(outside + '/a.txt', 'a'), lambda: open(outside + '/b', 'x'),
    lambda: os.truncate(outside + '/a.txt', 0), lambda: os.remove(outside + '/a.txt'),
    lambda: os.rename(outside + '/a.txt', inside + '/a.txt'), lambda: os.mkdir(outside + '/m'),
    lambda: os.symlink('x', outside + '/l'), lambda: os.link(inside + '/mine', outside + '/k'),
    lambda: subprocess.run(['sh', '-c', 'echo x > ' + outside + '/c'], check=True, stderr=subprocess.DEVNULL),
]
open(inside + '/mine', 'w').write('x')
for number, one in enumerate(tries):
    try: one()
    except (OSError, subprocess.CalledProcessError) as error: pass
    else: sys.exit(f'try {number} was let')
os.mkdir(inside + '/m'); os.rename(inside + '/mine', inside + '/m/other'); shutil.rmtree(inside + '/m')
open('/dev/null', 'w').write('x')
import multiprocessing; multiprocessing.Lock()
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); socket.create_connection(s.getsockname()).close()
print('done')
"""


@pytest.fixture
def folders(tmp_path):
    for name in ("outside", "inside"):
        (tmp_path / name).mkdir()
    (tmp_path / "outside" / "a.txt").write_text("abc")
    return str(tmp_path / "outside"), str(tmp_path / "inside")


def test_nothing_is_written_outside_of_the_given_folders(folders, tmp_path):
    assert is_available()
    command = fenced([sys.executable, "-c", TRIES, *folders], [tmp_path / "inside"])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
    assert [path.name for path in (tmp_path / "outside").iterdir()] == ["a.txt"]
    assert (tmp_path / "outside" / "a.txt").read_text() == "abc"


def test_the_command_may_be_another_python_in_any_folder(folders, tmp_path):
    """A folder of its own packages, and files in the working folder that are called like ours."""
    venv.create(tmp_path / "env", symlinks=True)
    (tmp_path / "inside" / "lims.py").write_text("raise SystemExit('the wrong lims')")
    command = fenced([str(tmp_path / "env" / "bin" / "python"), "-c", TRIES, *folders], [tmp_path / "inside"])
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path / "inside", env={})
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_the_exit_code_is_that_of_the_command_and_a_missing_one_is_named(tmp_path):
    assert subprocess.run(fenced(["sh", "-c", "exit 7"], []), check=False).returncode == 7
    done = subprocess.run(fenced(["no-such-program"], [tmp_path]), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "no-such-program: No such file or directory\n")


def test_an_old_kernel_is_told_of(monkeypatch, tmp_path):
    monkeypatch.setattr(landlock, "kernel_version", lambda: 2)
    with pytest.raises(Unavailable, match=r"Linux 6\.2"):
        fenced(["true"], [tmp_path])


def test_a_replay_can_be_fenced_observed_redirected_and_traced_at_once(run):
    """The journal and the trace must be written, too, so they lie in a folder of their own."""
    derived, new, notes = (run.folder / name for name in ("derived", "new", "notes"))
    new.mkdir()
    notes.mkdir()
    (derived / "a.txt").write_text("original")
    run.config.update(redirect=[[str(derived), str(new)]], journal=str(notes / "journal"))
    (run.folder / "config.json").write_text(json.dumps(run.config))
    (run.folder / "script.py").write_text(
        "import subprocess, sys\nopen(sys.argv[1], 'a').write('+')\nopen('b', 'w').write('b')\n"
        "assert subprocess.run(['sh', '-c', 'echo x > ' + sys.argv[1]], stderr=subprocess.DEVNULL).returncode\n"
    )
    script = [str(run.folder / "script.py"), str(derived / "a.txt")]
    observed = [sys.executable, bootstrap.__file__, str(run.folder / "config.json"), *script]
    command = fenced(traced(observed, notes / "log"), [new, notes, run.folder / "work"])
    subprocess.run(command, check=True, cwd=run.folder / "work")
    assert ((derived / "a.txt").read_text(), (new / "a.txt").read_text()) == ("original", "original+")
    inside = read_journal(notes / "journal", ended=True)
    outside = read_trace(notes / "log", run.config)
    assert run.names(inside.writes) == run.names(outside.writes) == ["new/a.txt", "work/b"]
    assert [one.asked for one in outside.writes] == [str(derived / "a.txt"), ""]
