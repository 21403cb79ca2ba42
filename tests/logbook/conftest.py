"""An empty catalog with two instruments, and people who write into its logbook."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lims.catalog import Catalog
from lims.model import SYSTEM, Instrument, Principal, Source
from tests.emptying import empty
from tests.facilities import copy_empty_catalog

TITAN = Instrument("titan", "Titan TEM", "America/New_York", (Source("raw", "Titan_TEM/"),))
FIB = Instrument("fib", "FIB-2", "Europe/Berlin", (Source("raw", "FIB-2/"),))
ADA, BOB = Principal("ada"), Principal("bob")
STAFF = Principal("m.keller", is_staff=True)


@pytest.fixture(scope="session")
def opened_catalog(tmp_path_factory: pytest.TempPathFactory, extensions: Path) -> Iterator[Catalog]:
    folder = copy_empty_catalog(tmp_path_factory.mktemp("logbook") / "catalog")
    with Catalog.open(folder, extensions=extensions) as opened:
        opened.write(lambda change: change.put_all([TITAN, FIB], action="instrument.configure"), by=SYSTEM)
        yield opened


@pytest.fixture
def catalog(opened_catalog: Catalog) -> Iterator[Catalog]:
    """Opening one costs more than a test, so they share it and each finds it empty."""
    yield opened_catalog
    empty(opened_catalog)
