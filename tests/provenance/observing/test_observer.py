"""What the observer inside a program sees, refuses and survives. Each test starts a plain Python."""

import hashlib
import json
import os
import subprocess
import sys

from lims.provenance.observing import expression
from lims.provenance.observing.journal import read_journal

ABC = hashlib.sha256(b"abc").hexdigest()


def test_an_input_has_the_checksum_from_before_it_was_changed(run):
    (run.folder / "derived" / "a.txt").write_text("abc")
    seen = run.go("with open(derived + '/a.txt', 'r+') as f: f.write('X')")
    assert [(one.sha256, one.size, one.was_changed) for one in seen.reads] == [(ABC, 3, True)]
    assert run.names(seen.writes) == ["derived/a.txt"]


def test_what_a_run_wrote_before_it_read_it_is_no_input(run):
    (run.folder / "work" / "a.txt").write_text("abc")
    seen = run.go("open('a.txt', 'w').close(); open('a.txt').read(); open('a.txt', 'a').close()")
    assert run.names(seen.reads) == []
    assert run.names(seen.writes) == ["work/a.txt"]


def test_a_file_appended_to_is_read_and_written(run):
    (run.folder / "work" / "log").write_text("abc")
    seen = run.go("open('log', 'a').write('more'); open('new', 'a').write('more')")
    assert run.names(seen.reads) == ["work/log"]
    assert run.names(seen.writes) == ["work/log", "work/new"]


def test_a_temporary_file_counts_under_its_last_name_and_a_removed_one_not_at_all(run):
    seen = run.go(
        "import os, tempfile\n"
        "open('a.part', 'w').write('a'); os.rename('a.part', 'a.txt')\n"
        "open('gone', 'w').write('a'); os.remove('gone')\n"
        "f = tempfile.NamedTemporaryFile(dir=os.path.dirname(work), delete=False); f.close()\n"
        "os.replace(f.name, derived + '/b.txt')\n"
        "os.mkdir('part'); open('part/c', 'w').close(); os.rename('part', 'whole')\n"
    )
    assert sorted(run.names(seen.writes)) == ["derived/b.txt", "work/a.txt", "work/whole", "work/whole/c"]
    assert seen.reads == ()


def test_what_could_not_be_opened_is_not_told(run):
    (run.folder / "work" / "there").write_text("abc")
    seen = run.go(
        "for path, mode in (('no', 'r'), ('no/no', 'w'), ('there', 'x'), ('no', 'r+'), ('.', 'r')):\n"
        "    try: open(path, mode)\n"
        "    except OSError: pass\n"
        "    else: assert False, path\n"
    )
    assert (seen.reads, seen.writes) == ((), ())


def test_the_innermost_root_wins_and_links_are_followed(run):
    inner = run.folder / "work" / "local"
    inner.mkdir()
    (inner / "a.txt").write_text("abc")
    (run.folder / "link").symlink_to(inner)
    (run.folder / "work" / "b.txt").symlink_to(inner / "a.txt")
    (run.folder / "outside").write_text("abc")
    (run.folder / "work" / "c.txt").symlink_to(run.folder / "outside")
    roots = [*run.config["roots"], {"path": str(run.folder / "link"), "kind": "cache"}]
    seen = run.go("for name in ('local/a.txt', 'b.txt', 'c.txt', 'local/../c.txt'): open(name).read()", roots=roots)
    assert [(one.root_kind, os.path.relpath(one.path, run.folder)) for one in seen.reads] == [
        ("cache", "link/a.txt"),
        ("work", "work/c.txt"),
    ]


def test_libraries_hidden_folders_and_caches_are_nobodys_business(run):
    """A virtual environment inside the working folder once brought 840 paths."""
    work = run.folder / "work"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", work / "env"], check=True)
    (work / "helper.py").write_text("x = 1")
    for hidden in (".git", ".ipynb_checkpoints", "__pycache__"):
        (work / hidden).mkdir()
        (work / hidden / "a").write_text("abc")
    code = (
        "import sys; sys.path[:0] = [work, work + '/env/lib/python3.11/site-packages']\n"
        "import helper\nfor name in ('.git/a', '.ipynb_checkpoints/a', '__pycache__/a'): open(name).read()\n"
        "open('env/lib/site-packages/x.py', 'w').close(); open('env/lib/site-packages/x.py').read()\n"
    )
    (work / "env" / "lib" / "site-packages").mkdir()
    assert run.names(run.go(code).reads) == ["work/helper.py"]
    run.folder.joinpath("journal").unlink()
    seen = run.go(code)
    assert list((work / "__pycache__").glob("helper*.pyc"))
    assert run.names(seen.reads) == ["work/helper.py"], "also when Python reads the compiled one"
    assert seen.writes == ()


def test_its_own_python_in_a_root_is_left_out(run):
    """Here the whole of Python and its packages lie below a root."""
    roots = [{"path": "/", "kind": "work"}]
    seen = run.go("import json, sqlite3, email.mime.text, xml.dom.minidom\nopen('a', 'w').close()", roots=roots)
    told = [one.path for one in (*seen.reads, *seen.writes)]
    assert str(run.folder / "work" / "a") in told
    assert not [path for path in told if path.startswith((sys.prefix, sys.base_prefix, "/proc"))]


def test_a_tree_is_one_object(run):
    """300 parts of a zarr tree, as HyperSpy's .zspy is one."""
    seen = run.go(
        "import zarr, numpy as np\n"
        "zarr.save(derived + '/a.zspy', np.zeros((300, 4))) \n"
        "z = zarr.open(derived + '/b.zspy', 'w', shape=(300, 4), chunks=(1, 4)); z[:] = 1\n"
        "assert zarr.open(store + '/c.zspy', 'r')[:].sum() == 8\n"
        if (make_tree(run.folder / "store" / "c.zspy"))
        else ""
    )
    assert [(name, one.is_tree) for name, one in zip(run.names(seen.writes), seen.writes, strict=True)] == [
        ("derived/a.zspy", True),
        ("derived/b.zspy", True),
    ]
    assert [(name, one.is_tree, one.sha256) for name, one in zip(run.names(seen.reads), seen.reads, strict=True)] == [
        ("store/c.zspy", True, None)
    ]
    assert len((run.folder / "journal").read_text().splitlines()) == 3


def make_tree(path):
    code = "import sys, zarr, numpy as np; zarr.save(sys.argv[1], np.ones((2, 4)))"
    return subprocess.run([sys.executable, "-c", code, str(path)], check=True).returncode == 0


def test_names_may_hold_anything(run):
    names = ["a\nb.txt", "ä€𝄞.txt", 'q"uo\\te.txt', os.fsdecode(b"\xff\xfe.txt")]
    for name in names:
        (run.folder / "store" / name).write_text("abc")
    seen = run.go(f"for name in {names!r}:\n    open(store + '/' + name).read(); open(name, 'w').close()")
    assert run.names(seen.reads) == [f"store/{name}" for name in names]
    assert run.names(seen.writes) == [f"work/{name}" for name in names]


def test_paths_come_as_bytes_and_objects_and_relative_to_a_folder(run):
    for name in ("a", "b", "c"):
        (run.folder / "store" / name).write_text("abc")
    seen = run.go(
        "import os, pathlib\nos.chdir(store); os.close(os.open(pathlib.Path('a'), 0)); open(b'b').close()\n"
        "open(os.path.join(store, '.', '..', 'store', 'c')).close()\n"
        "folder = os.open(work, os.O_RDONLY); os.rename('/' + os.path.relpath(__file__, '/'), 'x', dst_dir_fd=folder)\n"
    )
    assert run.names(seen.reads) == ["store/a", "store/b", "store/c"]
    assert run.names(seen.writes) == ["work/x"]


def test_nothing_is_hashed_that_is_known(run):
    path = run.folder / "cache" / "a.txt"
    path.write_text("abc")
    status = path.stat()
    known = {str(path): {"sha256": "k" * 64, "size": 3, "mtime_ns": status.st_mtime_ns}}
    assert run.go(f"open({str(path)!r}).read()", known=known).reads[0].sha256 == "k" * 64
    run.folder.joinpath("journal").unlink()
    known[str(path)]["mtime_ns"] -= 1
    assert run.go(f"open({str(path)!r}).read()", known=known).reads[0].sha256 == ABC


def test_a_kill_costs_nothing_that_was_journalled(run):
    (run.folder / "store" / "a.txt").write_text("abc")
    seen = run.go(
        "import os\nopen(store + '/a.txt').read(); open('b', 'w').write('x'); os.kill(os.getpid(), 9)", succeeds=False
    )
    assert run.done.returncode == -9
    assert (run.names(seen.reads), run.names(seen.writes)) == (["store/a.txt"], ["work/b"])
    with (run.folder / "journal").open("ab") as file:
        file.write(b'{"t": 1.0, "what": "wri')
    assert run.seen() == seen


def test_threads_and_forked_children_are_seen(run):
    for number in range(40):
        (run.folder / "store" / f"{number}").write_text("abc")
    seen = run.go(
        "import os\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "def both(n): open(f'{store}/{n}').read(); open(f'{n}', 'w').close()\n"
        "with ThreadPoolExecutor(8) as pool: list(pool.map(both, range(30)))\n"
        "for n in range(30, 40):\n"
        "    if os.fork() == 0: both(n); os._exit(0)\n"
        "while True:\n"
        "    try: os.wait()\n"
        "    except ChildProcessError: break\n"
    )
    assert sorted(run.names(seen.reads)) == sorted(f"store/{number}" for number in range(40))
    assert sorted(run.names(seen.writes)) == sorted(f"work/{number}" for number in range(40))


def test_a_program_that_closes_every_descriptor_does_not_get_the_journal_in_its_files(run):
    seen = run.go(
        "import os\nos.closerange(3, 1000)\nfor n in range(400): os.open(f'f{n}', os.O_WRONLY | os.O_CREAT)\n"
        "assert not any(os.path.getsize(f'f{n}') for n in range(400))\n"
    )
    assert len(seen.writes) == 400


def test_reads_and_writes_at_exit_are_seen(run):
    seen = run.go(
        "import atexit\nclass Late:\n    def __del__(self, open=open): open(work + '/late', 'w').close()\n"
        "atexit.register(lambda: open('b', 'w').close())\nlate = Late()\n"
    )
    assert run.names(seen.writes) == ["work/b", "work/late"]
    assert run.done.stderr == ""


REFUSED = [
    "open(store + '/new', 'w')",
    "open(store + '/a.txt', 'a')",
    "open(store + '/a.txt', 'r+')",
    "import os; os.open(store + '/a.txt', os.O_RDWR)",
    "import os; os.rename(store + '/a.txt', 'b')",
    "import os; os.replace('mine', store + '/a.txt')",
    "import os; os.remove(store + '/a.txt')",
    "import os; os.truncate(store + '/a.txt', 0)",
    "import os; os.mkdir(store + '/new')",
    "import os; os.utime(store + '/a.txt')",
    "import os; os.link('mine', store + '/new')",
    "import os; os.symlink('mine', store + '/new')",
    "import os; os.chdir(store); open('.hidden', 'w')",
    "import shutil; shutil.rmtree(store)",
    "import shutil; shutil.copyfile('mine', store + '/a.txt')",
    "import shutil; shutil.move('mine', store + '/new')",
    "from pathlib import Path; Path(store, 'a.txt').unlink()",
    "open(work + '/link/new', 'w')",
    "import h5py; h5py.File(store + '/a.h5', 'w')",
    "import h5py; h5py.File(store + '/a.h5', 'r+')",
    "import duckdb; duckdb.sql(f\"COPY (SELECT 1) TO '{store}/new.csv'\")",
    "import duckdb; duckdb.connect(store + '/new.duckdb')",
    "import pyarrow as pa, pyarrow.feather as f; f.write_feather(pa.table({'a': [1]}), store + '/new')",
    "import sqlite3; sqlite3.connect(store + '/new.sqlite')",
]


def test_nothing_can_be_written_into_a_read_only_store(run):
    store, work = run.folder / "store", run.folder / "work"
    (store / "a.txt").write_text("abc")
    (store / "a.h5").write_text("abc")
    (work / "mine").write_text("abc")
    (work / "link").symlink_to(store)
    code = (
        "import errno, os\nfor line in lines:\n    os.chdir(work)\n"
        "    try: exec(line)\n"
        "    except PermissionError as error:\n"
        "        assert error.errno == errno.EACCES and 'raw data are read-only' in str(error), (line, error)\n"
        "        assert error.filename in (store, work + '/link/new') or error.filename.startswith(store + '/'), line\n"
        "        assert 'lims.save' in str(error), (line, error)\n"
        "    else: raise AssertionError(line)\n"
    )
    seen = run.go(f"lines = {REFUSED!r}\n{code}")
    assert {path.name: path.read_text() for path in store.iterdir()} == {"a.txt": "abc", "a.h5": "abc"}
    assert str(store / "a.txt") in seen.refused
    assert str(store / "new.csv") in seen.refused
    assert not [one for one in seen.writes if one.root_kind == "store"]


def test_a_database_in_a_read_only_store_can_be_read_and_not_changed(run):
    code = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('CREATE TABLE t (a)'); c.commit()"
    path = run.folder / "store" / "a.sqlite"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    seen = run.go(
        "import sqlite3\nc = sqlite3.connect(store + '/a.sqlite')\n"
        "assert c.execute('SELECT * FROM t').fetchall() == []\n"
        "try: c.execute('INSERT INTO t VALUES (1)')\n"
        "except sqlite3.OperationalError as error: assert 'readonly' in str(error)\n"
        "else: assert False\n"
        "d = sqlite3.connect('mine.sqlite'); d.execute('CREATE TABLE t (a)'); d.commit()\n"
    )
    assert run.names(seen.reads) == ["store/a.sqlite"]
    assert run.names(seen.writes) == ["work/mine.sqlite"]


def test_the_expression_installs_it_once_and_leaves_no_name(tmp_path):
    """As a kernel is equipped, which may hold no jupyter-lims."""
    (tmp_path / "a.txt").write_text("abc")
    config = {"journal": str(tmp_path / "journal"), "roots": [{"path": str(tmp_path), "kind": "work"}]}
    code = (
        f"import sys\nbefore = set(dir())\nassert eval({expression(config)!r}) is None\n"
        f"eval({expression(config)!r})\nassert set(dir()) == before | {{'before'}}, dir()\n"
        f"assert not [name for name in sys.modules if name.startswith('lims')]\n"
        f"open({str(tmp_path / 'a.txt')!r}).read()\n"
    )
    subprocess.run([sys.executable, "-S", "-c", code], check=True, cwd=tmp_path, env={})
    lines = [json.loads(line) for line in (tmp_path / "journal").read_text().splitlines()]
    assert [(line["what"], line["sha256"]) for line in lines] == [("read", ABC)]
    assert len(read_journal(tmp_path / "journal", ended=True).reads) == 1


def test_programs_are_named_once(run):
    seen = run.go("import os, subprocess\nfor _ in range(3): subprocess.run(['true', 'a b'])\nos.system('exit 0')")
    assert seen.programs == ("true a b", "exit 0")


def test_duckdb_still_finds_the_names_of_its_caller_and_values_are_no_files(run):
    for name in ("a.csv", "b.csv", "c.csv", "value.csv"):
        (run.folder / "work" / name).write_text("a\n1\n")
    seen = run.go(
        "import duckdb, pandas as pd\nframe = pd.DataFrame({'a': [1, 2]})\n"
        "def inner():\n    local = pd.DataFrame({'a': [3]})\n"
        "    return duckdb.sql('SELECT sum(a) FROM local').fetchone()\n"
        "assert duckdb.sql('SELECT sum(a) FROM frame').fetchone() == (3,) and inner() == (3,)\n"
        "c = duckdb.connect()\nassert c.execute('SELECT sum(a) FROM frame').fetchone() == (3,)\n"
        "assert c.execute(\"SELECT 'it''s' WHERE 'value.csv' = 'value.csv'\").fetchone() == (\"it's\",)\n"
        "c.execute('SELECT * FROM read_csv(?)', ['a.csv'])\nc.read_csv('b*.csv').fetchall()\n"
        "c.sql(\"ATTACH 'd.duckdb' AS d; CREATE TABLE d.t AS FROM 'c.csv'\")\n"
    )
    assert [name for name in run.names(seen.reads) if "value" not in name] == ["work/a.csv", "work/b.csv", "work/c.csv"]
    assert "work/d.duckdb" in run.names(seen.writes)
