"""A catalog with ten times the files of another: python tests/benchmarks/tenfold.py FACILITY NEW_FACILITY [TIMES]

To build one of ten million files by putting each into the catalog takes ten hours. This copies the facility of a
million (LIMS_BENCH_CATALOG of bench_search.py) and adds its rows to it again, nine times, with other ids and numbers:
each Parquet file of the large tables in its order, so that the new ones are sorted as the old ones are.
"""

import json
import shutil
import sys
import time
from pathlib import Path

import duckdb

from lims.catalog.catalog import Catalog
from lims.catalog.lake import open_lake, quote
from lims.model.ids import ALPHABET

IDS = {
    "session": ("id",),
    "record": ("id", "session", "cover"),
    "dataset": ("id", "session", "copy_of"),
    "step": ("dataset",),
    "indexed": ("dataset",),
    "document": ("dataset",),
}
DOCS = {"indexed": ("names", "tree"), "document": ("doc",), "leaf": ("doc",), "word": ("doc",), "normalised": ("doc",)}
LARGE = ("document", "leaf", "word", "normalised")


def multiply(folder: Path, times: int) -> None:
    """The catalog in `folder` has its files so many times afterwards."""
    lake = open_lake(folder / "catalog", extensions=folder / "extensions")
    lake.execute("SET threads = 2")
    [[last]] = lake.execute('SELECT max("doc") FROM lake.main."document"').fetchall()
    [[most]] = lake.execute('SELECT greatest(max("names"), max("tree")) FROM lake.main."indexed"').fetchall()
    numbers = max(last, most) + 1
    sources = {name: sources_of(lake, name) for name in {**IDS, **DOCS}}
    for turn in range(1, times):
        for name, parts in sources.items():
            for source in parts:
                lake.execute(f'INSERT INTO lake.main."{name}" SELECT {columns(name, turn, numbers)} FROM {source}')
    lake.close()
    with Catalog.open(folder / "catalog", extensions=folder / "extensions") as catalog:
        catalog.maintain()


def sources_of(lake: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """What is there now: of a large table its files one by one, whose rows stay in their order."""
    if name in LARGE:
        files = lake.execute(f"SELECT data_file FROM ducklake_list_files('lake', '{name}')").fetchall()
        own = ", ".join(f'"{one[0]}"' for one in lake.execute(f'DESCRIBE lake.main."{name}"').fetchall())
        return [f"(SELECT {own} FROM read_parquet({quote(file)}))" for (file,) in files]  # a merged one has more
    [[now]] = lake.execute("SELECT max(snapshot_id) FROM ducklake_snapshots('lake')").fetchall()
    return [f'lake.main."{name}" AT (VERSION => {now})']


def columns(name: str, turn: int, numbers: int) -> str:
    """All of them, those that name a thing or a document with another name, and each key once."""
    other = ALPHABET[turn:] + ALPHABET[:turn]
    ids = [f'''substr("{one}", 1, 4) || translate(substr("{one}", 5), '{ALPHABET}', '{other}') AS "{one}"'''
           for one in IDS.get(name, ())]  # fmt: skip
    docs = [f'"{one}" + {turn * numbers} AS "{one}"' for one in DOCS.get(name, ())]
    keys = [f"""'{turn}/' || "key" AS "key\""""] if name == "dataset" else []
    return f"* REPLACE ({', '.join([*ids, *docs, *keys])})"


def main() -> None:
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    times = int(sys.argv[3]) if len(sys.argv) > 3 else 10
    shutil.copytree(source, target)
    began = time.monotonic()
    multiply(target, times)
    print(json.dumps({"name": f"{times} times {source.name}", "value": round(time.monotonic() - began), "unit": "s"}))


if __name__ == "__main__":
    main()
