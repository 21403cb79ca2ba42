"""An empty catalog for each test (copied, because making one takes a second), and a small world with two people."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lims.catalog import Catalog
from tests.catalog.world import World, build_world
from tests.facilities import copy_empty_catalog


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_empty_catalog(tmp_path / "catalog")


@pytest.fixture
def catalog(folder: Path, extensions: Path) -> Iterator[Catalog]:
    with Catalog.open(folder, extensions=extensions) as opened:
        yield opened


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, extensions: Path) -> Iterator[World]:
    """To be read only."""
    folder = copy_empty_catalog(tmp_path_factory.mktemp("world") / "catalog")
    with Catalog.open(folder, extensions=extensions) as opened:
        yield build_world(opened)
