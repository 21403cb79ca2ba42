"""A real kernel is equipped, as a notebook's run does it."""

import json
import subprocess
import sys

from lims.provenance.observing import expression

TALK = """
import json, sys
from jupyter_client.manager import start_new_kernel
told = json.load(sys.stdin)
manager, client = start_new_kernel(kernel_name='python3', cwd=told['folder'])
try:
    for cell in told['cells']:
        answer = client.execute_interactive(cell['code'], silent=cell['silent'], user_expressions=cell['asked'],
                                            output_hook=lambda message: None, timeout=60)['content']
        assert answer['status'] == 'ok', answer
        assert all(one['status'] == 'ok' for one in answer['user_expressions'].values()), answer
        print(answer['execution_count'])
finally:
    client.stop_channels(); manager.shutdown_kernel(now=True)
"""


def test_cells_of_a_kernel_are_seen_and_redirected(run):
    derived, new = run.folder / "derived", run.folder / "new"
    (run.folder / "store" / "a.txt").write_text("abc")
    (derived / "b.txt").write_text("original")
    config = {**run.config, "redirect": [[str(derived), str(new)]], "refuse": [str(run.folder / "store"), str(derived)]}
    code = (
        f"import os\nopen({str(run.folder / 'store' / 'a.txt')!r}).read()\n"
        f"open({str(derived / 'b.txt')!r}, 'w').write('new')\n"
        f"assert open({str(derived / 'b.txt')!r}).read() == 'new'\n"
        "assert 'install' not in dir() and 'names' not in dir()\n"
        "try: open('../store/a.txt', 'w')\n"
        "except PermissionError: pass\n"
        "else: raise AssertionError\n"
    )
    cells = [
        {"code": "", "silent": True, "asked": {"lims": expression(config)}},
        {"code": code, "silent": False, "asked": {}},
    ]
    told = json.dumps({"folder": str(run.folder / "work"), "cells": cells})
    done = subprocess.run([sys.executable, "-c", TALK], input=told, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["0", "1"]), done.stderr
    seen = run.seen()
    assert run.names(seen.reads) == ["store/a.txt"]
    assert run.names(seen.writes) == ["new/b.txt"]
    assert (derived / "b.txt").read_text() == "original"
    assert seen.refused == (str(run.folder / "store" / "a.txt"),)
