"""The tables in memory say what the lake says."""

from dataclasses import replace
from pathlib import Path

import pytest

from lims.catalog import Catalog
from lims.catalog.relations import COLD, HOT, LAKE, MEMORY
from lims.errors import Conflict
from lims.model import SYSTEM, Extraction
from tests.catalog.world import ALICE, dataset


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
            in_lake, in_memory = (catalog._reader.rows(f"FROM {names[name]}") for names in (LAKE, MEMORY))
            assert sorted(map(str, in_memory)) == sorted(map(str, in_lake)), name
        assert [catalog._reader.rows(f"SELECT count(*) AS n FROM {MEMORY[name]}")[0]["n"] for name in COLD] == [0] * 4
