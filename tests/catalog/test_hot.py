"""The tables in memory say what the lake says."""

from dataclasses import replace
from pathlib import Path

import pytest

from lims.catalog import Catalog, hot
from lims.catalog.relations import COLD, HOT, LAKE, MEMORY
from lims.catalog.tables import columns_of
from lims.errors import Conflict
from lims.model import SYSTEM, Extraction
from tests.catalog.world import ALICE, dataset


def in_both(catalog: Catalog, name: str) -> bool:
    """Whether memory and lake have the same rows; their columns may stand in another order."""
    columns = ", ".join(f'"{column}"' for column, _ in columns_of(name))
    here, there = (catalog._reader.rows(f"SELECT {columns} FROM {names[name]}") for names in (MEMORY, LAKE))
    return sorted(map(str, here)) == sorted(map(str, there))


def test_memory_holds_what_the_lake_holds(folder: Path, extensions: Path) -> None:
    """Also after changes that failed, and without what waits only for a commit."""
    with Catalog.open(folder, extensions=extensions) as catalog:
        file = dataset("a", owner="alice")
        catalog.write(lambda change: change.put(file, action="put"), by=ALICE, request_key="1")
        catalog.write(lambda change: change.put_extraction(file.id, Extraction("dm3", "r", "1")), by=SYSTEM)
        catalog.write(lambda change: change.tag(file.id, "best"), by=ALICE)
        with pytest.raises(Conflict):
            catalog.write(lambda change: change.put(dataset("a"), action="put"), by=SYSTEM)
        catalog.write(lambda change: change.put(replace(file, bytes=7), action="put"), by=ALICE)
        catalog.maintain()
        for name in HOT:
            assert in_both(catalog, name), name
        for name in COLD:
            assert catalog._reader.rows(f"FROM {MEMORY[name]}") == [], name


def test_a_large_table_is_read_in_parts_and_all_of_it(
    folder: Path, extensions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [replace(dataset(f"x/{number}"), format=f"f{number % 7}") for number in range(700)]
    with Catalog.open(folder, extensions=extensions) as catalog:
        catalog.write(lambda change: change.put_all(files, action="put"), by=SYSTEM)
        catalog.write(lambda change: change.put(replace(files[3], bytes=7), action="put"), by=SYSTEM)
        catalog.maintain()
    monkeypatch.setattr(hot, "BATCH", 100)
    monkeypatch.setattr(hot, "UNPACKED", 10_000)
    with Catalog.open(folder, extensions=extensions) as catalog:
        assert in_both(catalog, "dataset")
        assert len(catalog.view(SYSTEM).datasets()) == 700


def test_rows_named_one_by_one_are_found_by_an_index_also_after_packing(catalog: Catalog) -> None:
    files = [dataset(f"x/{number}") for number in range(3_000)]
    catalog.write(lambda change: change.put_all(files, action="put"), by=SYSTEM)
    sql = f"""EXPLAIN ANALYZE SELECT "key" FROM {MEMORY["dataset"]} WHERE "id" IN (?, ?)"""
    asked = [files[5].id, files[7].id]
    for _ in range(2):
        assert "Index Scan" in str(catalog._reader.rows(sql, asked))
        catalog._committer._hot.compact()
    catalog.write(lambda change: change.put(replace(files[5], bytes=7), action="put"), by=SYSTEM)
    assert catalog.view(ALICE).datasets(ids=[files[5].id]) == []
    assert catalog.view(SYSTEM).dataset(files[5].id).bytes == 7
