"""Replays: what is written goes elsewhere and is read back from there; the originals stay as they are."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.provenance.observing.running import Run

MAKE = """
import h5py, numpy as np, os, sqlite3, sys, zarr
os.chdir(sys.argv[1])
open('a.txt', 'w').write('original'); open('b.txt', 'w').write('original'); open('c.txt', 'w').write('original')
os.makedirs('folder/inner'); open('folder/inner/d.txt', 'w').write('original')
with h5py.File('a.h5', 'w') as f: f['a'] = [1, 2]
np.save('a.npy', np.arange(3))
zarr.save('a.zspy', np.ones(3))
c = sqlite3.connect('a.sqlite'); c.execute('CREATE TABLE t (a)'); c.commit()
"""


@pytest.fixture
def replay(run: Run) -> Run:
    """The writable store is redirected, and may not be written either way."""
    derived = run.folder / "derived"
    subprocess.run([sys.executable, "-c", MAKE, str(derived)], check=True)
    run.config["redirect"] = [[str(derived), str(run.folder / "new")]]
    run.config["refuse"].append(str(derived))
    return run


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def done(replay: Run, code: str) -> dict[str, bytes]:
    """What the replay wrote, after a look that the originals are untouched."""
    before = contents(replay.folder / "derived")
    replay.go(f"import os\n{code}")
    assert contents(replay.folder / "derived") == before
    return contents(replay.folder / "new")


def test_python_writes_elsewhere_and_reads_back_what_it_wrote(replay):
    new = done(
        replay,
        "open(derived + '/a.txt', 'w').write('new'); assert open(derived + '/a.txt').read() == 'new'\n"
        "assert open(derived + '/b.txt').read() == 'original'\n"
        "open(derived + '/b.txt', 'a').write('+'); assert open(derived + '/b.txt').read() == 'original+'\n"
        "with open(derived + '/folder/inner/d.txt', 'r+') as f: f.write('X')\n"
        "from pathlib import Path\np = Path(derived) / 'x' / 'y'; p.mkdir(parents=True); (p / 'z').write_text('z')\n"
        "assert (p / 'z').read_text() == 'z' and p.is_dir() and (p / 'z').stat().st_size == 1\n"
        "f = os.open(derived + '/w', os.O_WRONLY | os.O_CREAT); os.write(f, b'w'); os.close(f)\n"
        "os.chdir(derived); open('relative', 'w').write('r'); assert os.path.exists('relative')\n"
        "import tempfile; t = tempfile.NamedTemporaryFile(dir=derived, delete=False); t.write(b't'); t.close()\n"
        "os.replace(t.name, derived + '/t')\n",
    )
    assert new == {
        "a.txt": b"new", "b.txt": b"original+", "folder/inner/d.txt": b"Xriginal", "x/y/z": b"z", "w": b"w",
        "relative": b"r", "t": b"t",
    }  # fmt: skip


def test_what_is_removed_or_renamed_is_hidden_only(replay):
    new = done(
        replay,
        "os.chdir(derived)\nos.remove('a.txt'); assert not os.path.exists('a.txt')\n"
        "try: open('a.txt')\n"
        "except FileNotFoundError: pass\n"
        "else: assert False\n"
        "os.rename('b.txt', 'e.txt'); assert not os.path.lexists('b.txt')\nassert open('e.txt').read() == 'original'\n"
        "open('a.txt', 'x').write('again'); assert open('a.txt').read() == 'again'\n"
        "try: open('c.txt', 'x')\n"
        "except FileExistsError: pass\n"
        "else: assert False\n"
        "try: os.mkdir('folder')\n"
        "except FileExistsError: pass\n"
        "else: assert False\n"
        "os.makedirs('folder/inner', exist_ok=True)\n"
        "import shutil; shutil.rmtree('folder'); assert not os.path.exists('folder/inner/d.txt')\n"
        "shutil.copyfile('c.txt', 'g.txt'); shutil.move('c.txt', 'h.txt')\nassert not os.path.exists('c.txt')\n"
        "os.symlink('h.txt', 'l'); assert open('l').read() == 'original'\n"
        "os.chmod('e.txt', 0o600); os.utime('a.npy')\n",
    )
    assert new.keys() == {"a.txt", "e.txt", "g.txt", "h.txt", "l"}


def test_folders_show_what_was_there_and_what_is_new(replay):
    done(
        replay,
        "from pathlib import Path\nimport glob\n"
        "open(derived + '/new.txt', 'w').close(); os.remove(derived + '/a.txt')\n"
        "there = {'a.h5', 'a.npy', 'a.sqlite', 'a.zspy', 'b.txt', 'c.txt', 'folder', 'new.txt'}\n"
        "assert set(os.listdir(derived)) == there, os.listdir(derived)\n"
        "assert {p.name for p in Path(derived).iterdir()} == there\n"
        "assert [os.path.basename(p) for p in sorted(glob.glob(derived + '/*.txt'))] == ['b.txt', 'c.txt', 'new.txt']\n"
        "with os.scandir(derived) as entries: assert {e.name for e in entries} == there\n"
        "assert ('folder' in [d for _, ds, _ in os.walk(derived) for d in ds])\n",
    )


def test_the_results_of_the_run_that_is_replayed_can_be_hidden(replay):
    replay.config["hide"] = [str(replay.folder / "derived" / "a.txt"), str(replay.folder / "derived" / "folder")]
    new = done(
        replay,
        "assert not os.path.exists(derived + '/a.txt') and not os.path.exists(derived + '/folder/inner/d.txt')\n"
        "assert 'a.txt' not in os.listdir(derived)\nopen(derived + '/a.txt', 'x').write('new')\n",
    )
    assert new == {"a.txt": b"new"}


def test_libraries_write_elsewhere_too(replay):
    new = done(
        replay,
        "import h5py, numpy as np, sqlite3, duckdb, zarr, pandas as pd, tifffile\n"
        "import pyarrow as pa, pyarrow.parquet as pq\nos.chdir(work)\n"
        "with h5py.File(derived + '/b.h5', 'w') as f: f['x'] = 1\n"
        "with h5py.File(derived + '/a.h5', 'r+') as f: f['a'][0] = 9\n"
        "with h5py.File(derived + '/a.h5') as f: assert list(f['a']) == [9, 2]\n"
        "with h5py.File(derived + '/b.h5') as f: assert f['x'][()] == 1\n"
        "np.save(derived + '/a.npy', np.zeros(2)); assert len(np.load(derived + '/a.npy')) == 2\n"
        "m = np.memmap(derived + '/m', 'u1', 'w+', shape=4); m[:] = 65; del m\n"
        "np.zeros(2, 'u1').tofile(derived + '/tofile')\n"
        "z = zarr.open(derived + '/a.zspy', 'r+'); z[:] = 5\n"
        "assert zarr.open(derived + '/a.zspy', 'r')[:].sum() == 15\n"
        "pd.DataFrame({'a': [1]}).to_parquet(derived + '/p.parquet'); pd.read_parquet(derived + '/p.parquet')\n"
        "pq.write_table(pa.table({'a': [1]}), derived + '/q.parquet'); pq.read_table(derived + '/q.parquet')\n"
        "tifffile.imwrite(derived + '/x.tif', np.zeros((4, 4), 'u1')); tifffile.imread(derived + '/x.tif')\n"
        "duckdb.sql(f\"COPY (SELECT 1 AS a) TO '{derived}/d.csv'\")\n"
        "assert duckdb.sql(f\"FROM '{derived}/d.csv'\").fetchall() == [(1,)]\n"
        "with duckdb.connect(derived + '/d.duckdb') as c: c.execute('CREATE TABLE t (a INT)')\n"
        "c = sqlite3.connect(derived + '/a.sqlite'); c.execute('INSERT INTO t VALUES (1)'); c.commit()\n",
    )
    assert new.keys() >= {
        "b.h5", "a.h5", "a.npy", "m", "tofile", "p.parquet", "q.parquet", "x.tif", "d.csv", "d.duckdb", "a.sqlite"
    }  # fmt: skip
    assert any(name.startswith("a.zspy/") for name in new)


def test_hyperspy_saves_a_replay_without_asking_about_the_original(replay):
    code = (
        "import hyperspy.api as hs, numpy as np\ns = hs.signals.Signal2D(np.ones((4, 4)))\n"
        "for name in ('s.hspy', 's.zspy'):\n"
        "    s.save(derived + '/' + name, overwrite=True); assert hs.load(derived + '/' + name).data.sum() == 16\n"
    )
    new = done(replay, code)
    assert "s.hspy" in new
    assert any(name.startswith("s.zspy/") for name in new)


def test_the_journal_names_what_was_written_and_what_was_asked_for(replay):
    seen = replay.go(
        "open(derived + '/a.txt', 'w').write('new'); open(derived + '/b.txt').read()\n"
        "import h5py\nwith h5py.File(derived + '/b.h5', 'w') as f: f['x'] = 1\n"
    )
    new, derived = replay.folder / "new", replay.folder / "derived"
    assert [(one.path, one.asked, one.root_kind) for one in seen.writes] == [
        (str(new / "a.txt"), str(derived / "a.txt"), "derived"),
        (str(new / "b.h5"), str(derived / "b.h5"), "derived"),
    ]
    assert [(one.path, one.asked) for one in seen.reads] == [(str(derived / "b.txt"), "")]
    assert seen.refused == ()


def test_functions_keep_their_names_and_modules_that_hold_them_get_the_new_ones(replay):
    done(
        replay,
        "import builtins, io, tokenize, shutil\n"
        "assert open.__name__ == 'open' and 'Open file' in open.__doc__ and os.stat.__name__ == 'stat'\n"
        "assert builtins.open is io.open is tokenize._builtin_open\n"
        "assert os.unlink in os.supports_dir_fd and os.stat in os.supports_fd\n"
        "assert shutil.rmtree.avoids_symlink_attacks\n"
        "import h5py; assert h5py.h5f.open.__name__ == 'open'\n"
        "import pickle; assert pickle.loads(pickle.dumps(open))(derived + '/b.txt').read() == 'original'\n"
        "class A: stat = os.stat\nassert A().stat(derived + '/b.txt').st_size == 8\n",
    )
