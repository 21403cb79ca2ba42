"""Ways of reading and writing files, and which of them are seen: the one place where that is written down.

test_table.py does each of them and holds the answers against what is seen; the page is made from it:
python -m tests.provenance.observing.ways > docs/reference/observed.md
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

HEAD = """# What is seen of a run

A run (`lims run`) notes which files it read and which it wrote. There are two ways of looking on:

observed
: The usual one. An observer inside the run's Python hears of each file that Python opens, and is told of those that
  h5py, pyarrow and DuckDB open by themselves. It costs next to nothing, and takes the checksum of an input before the
  run can change it.

strict
: Every program that the run starts is watched by its system calls (`strace`, Linux only). This sees every file,
  whatever opens it; opening many files takes longer. Checksums of inputs are taken after the run.

Only files in the stores, in their local copies and in the run's working folder are noted; not the libraries, nothing in
hidden folders, and of a `.zspy`, `.zarr` or `.n5` the whole, not its thousand parts. A file that the run wrote before
it first read it is no input. A file that was read and then changed in place is both, with the checksum from before. A
temporary file counts under the name it got at last, and not at all if it is gone.

The table below is held against the program by a test, which does each of these things in both modes.

| What a run does | read, observed | written, observed | read, strict | written, strict |
|---|---|---|---|---|
"""
FOOT = """
● seen, ○ not seen, empty: there is no such thing.

## What to do about what is not seen

- Open data with `lims.open` and save results with `lims.save`: these are noted whatever is underneath.
- Run it in strict mode: `lims run --strict`.
- Say it yourself: `lims run --input ID --output NAME`, the id of a dataset that it reads and the name of a file that it
  writes. What you declare is kept beside what was seen.

Programs that a run starts are at least named with their arguments, so that a reader sees where to look.

## What strict mode needs

`strace` must be installed, and tracing allowed: in a container that is the capability `SYS_PTRACE`. Two things escape
it, too: files that another computer or a service opens for the run, and files opened by `io_uring`, which no library
named here uses. A database that was opened and not changed counts as read.

## What observing needs

Nothing. A program may replace what it is: an extension written in C, or a second Python that the run starts, opens its
files unseen. Files that HDF5 opens because another file links to them are not seen either. Parallel workers that are
forked are seen, those that are started anew (joblib's, dask's own processes) are not.

## What may not be written

Raw data are read-only to a run: opening one of them for writing, renaming or removing it raises a `PermissionError`
that says so. A replay writes elsewhere: what it would write into the writable store or the working folder lands in a
folder of its own, is read back from there, and what was there before stays as it is. On Linux 6.2 and later the system
itself keeps a replay from writing anywhere else, whichever program tries.
"""


@dataclass(frozen=True)
class Way:
    """What a run does to the file `path`. read: a file of the store; write: a new file; change: one that is there.

    make: how the file to read or change comes to be, when it is not by `write`.
    other: a file that is outside of all roots; text: a file of the store.
    is_read_seen, is_written_seen: in the mode observed; in strict mode everything is.
    """

    name: str
    ending: str = "txt"
    read: str = ""
    write: str = ""
    change: str = ""
    make: str = ""
    is_read_seen: bool = True
    is_written_seen: bool = True


ARRAY = "import numpy as np; array = np.arange(64 * 64, dtype='u2').reshape(64, 64)\n"
FRAME = "import pandas as pd; frame = pd.DataFrame({'a': [1, 2], 'b': [3.0, 4.0]})\n"
TABLE = "import pyarrow as pa; table = pa.table({'a': [1, 2], 'b': [3.0, 4.0]})\n"
SIGNAL = ARRAY + "import hyperspy.api as hs\n"
C_LIBRARY = "import ctypes; c = ctypes.CDLL(None); c.fopen.restype = ctypes.c_void_p\n"
TEXT = "open(path, 'w').write('some text')"

WAYS = (
    Way("`open()`, and so json, pickle, csv", read="open(path).read()", write="open(path, 'w').write('some text')"),
    Way("`open(…, 'r+')`, changed in place", make=TEXT, change="with open(path, 'r+') as f: f.seek(3); f.write('X')"),
    Way(
        "`pathlib.Path`",
        read="from pathlib import Path; Path(path).read_bytes()",
        write="from pathlib import Path; Path(path).write_text('some text')",
    ),
    Way(
        "`os.open`, `os.write`",
        read="import os; f = os.open(path, os.O_RDONLY); os.read(f, 9); os.close(f)",
        write="import os; f = os.open(path, os.O_WRONLY | os.O_CREAT); os.write(f, b'some text'); os.close(f)",
    ),
    Way(
        "`mmap`, changed in place",
        make=TEXT,
        change="import mmap\nwith open(path, 'r+b') as f, mmap.mmap(f.fileno(), 0) as m: m[0] = 65",
    ),
    Way(
        "`numpy.load`, `numpy.save`",
        "npy",
        read="import numpy as np; np.load(path)",
        write=ARRAY + "np.save(path, array)",
    ),
    Way(
        "`numpy.memmap`",
        "raw",
        read="import numpy as np; np.memmap(path, 'u2', 'r').sum()",
        write=ARRAY + "np.memmap(path, 'u2', 'w+', shape=(64, 64))[:] = array",
    ),
    Way(
        "`numpy.loadtxt`, `numpy.savetxt`",
        read="import numpy as np; np.loadtxt(path)",
        write=ARRAY + "np.savetxt(path, array)",
    ),
    Way(
        "tifffile",
        "tif",
        read="import tifffile; tifffile.imread(path)",
        write=ARRAY + "import tifffile; tifffile.imwrite(path, array)",
    ),
    Way(
        "Pillow; Matplotlib's `savefig`",
        "png",
        read="import PIL.Image; PIL.Image.open(path).load()",
        write="import matplotlib; matplotlib.use('agg')\nfrom matplotlib.figure import Figure; Figure().savefig(path)",
    ),
    Way(
        "h5py",
        "h5",
        read="import h5py\nwith h5py.File(path) as f: f['a'][:]",
        write=ARRAY + "import h5py\nwith h5py.File(path, 'w') as f: f['a'] = array",
    ),
    Way(
        "h5py, changed in place",
        "h5",
        make=ARRAY + "import h5py\nwith h5py.File(path, 'w') as f: f['a'] = array",
        change="import h5py\nwith h5py.File(path, 'r+') as f: f['a'][0, 0] = 7",
    ),
    Way(
        "HyperSpy, `.hspy`",
        "hspy",
        read="import hyperspy.api as hs; hs.load(path)",
        write=SIGNAL + "hs.signals.Signal2D(array).save(path)",
    ),
    Way(
        "HyperSpy, `.zspy` (a folder, seen as one)",
        "zspy",
        read="import hyperspy.api as hs; hs.load(path)",
        write=SIGNAL + "hs.signals.Signal2D(array).save(path)",
    ),
    Way(
        "pandas: `read_csv`, `to_csv`",
        "csv",
        read="import pandas as pd; pd.read_csv(path)",
        write=FRAME + "frame.to_csv(path)",
    ),
    Way(
        "pandas and pyarrow: Parquet",
        "parquet",
        read="import pyarrow.parquet as pq, pandas as pd; pq.read_table(path); pd.read_parquet(path)",
        write=TABLE + "import pyarrow.parquet as pq; pq.write_table(table, path)",
    ),
    Way(
        "pyarrow: Feather, memory maps",
        "arrow",
        read="import pyarrow as pa\nwith pa.memory_map(path) as m: pa.ipc.open_file(m).read_all()",
        write=TABLE + "import pyarrow.feather; pyarrow.feather.write_feather(table, path, compression='uncompressed')",
    ),
    Way(
        "DuckDB: `FROM 'file'`, `COPY … TO 'file'`",
        "csv",
        read='import duckdb; duckdb.sql(f"SELECT sum(a) FROM \'{path}\'").fetchall()',
        write="import duckdb; duckdb.execute(f\"COPY (SELECT 1 AS a) TO '{path}'\")",
    ),
    Way(
        "DuckDB: a database",
        "duckdb",
        read="import duckdb\nwith duckdb.connect(path, read_only=True) as c: c.execute('FROM t').fetchall()",
        write="import duckdb\nwith duckdb.connect(path) as c: c.execute('CREATE TABLE t AS SELECT 1 AS a')",
    ),
    Way(
        "SQLite",
        "sqlite",
        read="import sqlite3; c = sqlite3.connect(path); c.execute('SELECT * FROM t').fetchall(); c.close()",
        write="import sqlite3; c = sqlite3.connect(path); c.execute('CREATE TABLE t (a)'); c.commit(); c.close()",
    ),
    Way(
        "`scipy.io`: MATLAB",
        "mat",
        read="import scipy.io; scipy.io.loadmat(path)",
        write=ARRAY + "import scipy.io; scipy.io.savemat(path, {'a': array})",
    ),
    Way(
        "`zipfile`, `gzip`",
        "zip",
        read="import zipfile\nwith zipfile.ZipFile(path) as z: z.read('a')",
        write="import zipfile\nwith zipfile.ZipFile(path, 'w') as z: z.writestr('a', 'some text')",
    ),
    Way(
        "`shutil.copyfile`",
        make=TEXT,
        read="import shutil; shutil.copyfile(path, other)",
        write="import shutil; shutil.copyfile(text, path)",
    ),
    Way(
        "a temporary file, renamed with `os.replace`",
        write="import os; open(path + '.part', 'w').write('some text'); os.replace(path + '.part', path)",
    ),
    Way(
        "another program, such as `cp`",
        make=TEXT,
        read="import subprocess; subprocess.run(['cp', path, other], check=True)",
        write="import subprocess; subprocess.run(['cp', text, path], check=True)",
        is_read_seen=False,
        is_written_seen=False,
    ),
    Way(
        "a library in C that nobody told us of (here: `fopen` by ctypes)",
        make=TEXT,
        read=C_LIBRARY + "c.fclose(ctypes.c_void_p(c.fopen(path.encode(), b'r')))",
        write=C_LIBRARY + "c.fclose(ctypes.c_void_p(c.fopen(path.encode(), b'w')))",
        is_read_seen=False,
        is_written_seen=False,
    ),
    Way(
        "a forked worker (`multiprocessing`)",
        make=TEXT,
        read=(
            "import multiprocessing; m = multiprocessing.get_context('fork')\n"
            "p = m.Process(target=lambda: open(path).read()); p.start(); p.join(); assert p.exitcode == 0"
        ),
        write=(
            "import multiprocessing; m = multiprocessing.get_context('fork')\n"
            "p = m.Process(target=lambda: open(path, 'w').write('a')); p.start(); p.join(); assert p.exitcode == 0"
        ),
    ),
)


def page() -> str:
    return HEAD + "".join(rows()) + FOOT


def rows() -> Iterator[str]:
    for way in WAYS:
        reads, writes = bool(way.read or way.change), bool(way.write or way.change)
        dots = (
            dot(reads, way.is_read_seen), dot(writes, way.is_written_seen), dot(reads, True), dot(writes, True)
        )  # fmt: skip
        yield f"| {way.name} | {' | '.join(dots)} |\n"


def dot(is_there: bool, is_seen: bool) -> str:
    if not is_there:
        return ""
    return "●" if is_seen else "○"


if __name__ == "__main__":
    sys.stdout.write(page())
