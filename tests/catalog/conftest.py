"""An empty catalog for each test (copied, because making one takes a second), and a small world with two people."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lims.catalog import Catalog
from tests.catalog.world import World, build_world


@pytest.fixture(scope="session")
def extensions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("extensions")


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory, extensions: Path) -> Path:
    """The folder of a catalog with nothing in it; to be copied, never opened."""
    folder = tmp_path_factory.mktemp("empty") / "catalog"
    Catalog.open(folder, extensions=extensions).close()
    return folder


@pytest.fixture
def folder(tmp_path: Path, empty: Path) -> Path:
    return Path(shutil.copytree(empty, tmp_path / "catalog"))


@pytest.fixture
def catalog(folder: Path, extensions: Path) -> Iterator[Catalog]:
    with Catalog.open(folder, extensions=extensions) as opened:
        yield opened


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, empty: Path, extensions: Path) -> Iterator[World]:
    """To be read only."""
    folder = Path(shutil.copytree(empty, tmp_path_factory.mktemp("world") / "catalog"))
    with Catalog.open(folder, extensions=extensions) as opened:
        yield build_world(opened)
