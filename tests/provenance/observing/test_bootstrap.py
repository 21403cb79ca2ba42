"""A script behaves the same with and without the observer."""

import json
import subprocess
import sys

import pytest

from lims.provenance.observing import bootstrap
from tests.provenance.observing.running import environment

SCRIPTS = {
    "what it knows of itself": """
import sys, os
print(__name__, __file__, sys.argv, sys.path, __doc__, __spec__, __package__, type(__loader__).__name__)
print(sorted(globals()), sys.modules['__main__'].__dict__ is globals(), os.getcwd())
print(type(__builtins__), __annotations__)
import beside
print(beside.x, file=sys.stderr)
""",
    "an error": """
def inner():
    return 1 / 0
try:
    inner()
except ZeroDivisionError as error:
    raise ValueError('after') from error
""",
    "an error in opening": "import os\nos.makedirs('made', exist_ok=True)\nopen('made/not/there')",
    "an error of h5py": "import h5py\nh5py.File('not there')",
    "a syntax error": "print('never')\nx = = 1\n",
    "an encoding": b"# -*- coding: latin-1 -*-\nprint(ascii('\xe4'))",
    "an exit code": "import sys; sys.exit(7)",
    "an exit message": "raise SystemExit('bye')",
    "an interrupt": "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nimport time; time.sleep(5)",
    "its own hook": "import sys\nsys.excepthook = lambda k, e, t: print('hook', k, t.tb_frame.f_code.co_name)\n1 / 0",
    "something at exit": """
import atexit, threading
atexit.register(print, 'bye')
threading.Timer(0.2, print, ['thread']).start()
1 / 0
""",
    "classes that are pickled": """
import pickle
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
@dataclass
class Point:
    x: int
def move(p): return Point(p.x + 1)
if __name__ == '__main__':
    print(pickle.loads(pickle.dumps(Point(1))))
    import multiprocessing
    for kind in ('fork', 'spawn'):
        with ProcessPoolExecutor(1, multiprocessing.get_context(kind)) as pool:
            print(pool.submit(move, Point(1)).result())
""",
    "descriptors": "import os\nf = open('a', 'w')\nprint(f.fileno(), os.listdir('.'), f)",
    "no future of ours": "def f(x: 1): pass\nprint(f.__annotations__)",
    "arguments": "import argparse\np = argparse.ArgumentParser(); p.add_argument('-x'); print(p.parse_args())",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_behaves_as_without(tmp_path, name):
    text = SCRIPTS[name]
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "script.py").write_bytes(text if isinstance(text, bytes) else text.encode())
    (tmp_path / "code" / "beside.py").write_text("x = 5")
    config = {"journal": str(tmp_path / "journal"), "roots": [{"path": str(tmp_path / "work"), "kind": "work"}]}
    (tmp_path / "config.json").write_text(json.dumps(config))
    told = []
    for command in ([sys.executable], [sys.executable, bootstrap.__file__, str(tmp_path / "config.json")]):
        work = tmp_path / "work"
        work.mkdir()
        done = subprocess.run(
            [*command, "../code/script.py", "-x", "a b"], cwd=work, capture_output=True, check=False, env=environment()
        )
        told.append((done.returncode, done.stdout.decode(), done.stderr.decode()))
        work.rename(tmp_path / f"before-{len(told)}")
    assert told[0] == told[1]
    assert told[0][1:] != ("", "") or told[0][0] == 7


def test_a_script_that_is_not_there_is_told_as_python_tells_it(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"journal": str(tmp_path / "journal"), "roots": []}))
    told = [
        subprocess.run([*command, "no.py"], cwd=tmp_path, capture_output=True, check=False)
        for command in ([sys.executable], [sys.executable, bootstrap.__file__, "config.json"])
    ]
    assert [(one.returncode, one.stderr) for one in told] == [(2, told[0].stderr)] * 2
