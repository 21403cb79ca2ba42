"""Facilities for tests: real folders, real stores, nothing pretended."""

import getpass
import shutil
import tempfile
from functools import cache
from pathlib import Path

from lims.catalog import Catalog

TOML = """
[facility]
name = "Test"
timezone = "Europe/Berlin"

[stores.raw]
url = "{store}"

[instruments.titan]
name = "Titan TEM"
timezone = "America/New_York"
store = "raw"
prefix = "Titan_TEM/"

[instruments.fib]
name = "FIB-2"
store = "raw"
prefix = "FIB-2/"

[access]
staff = ["{staff}"]

[access.os_users]
{login} = "{staff}"

[harvest]
settle_s = 0.2
poll_s = 0.2
"""


@cache
def _made_once() -> tempfile.TemporaryDirectory[str]:
    """Of this process: making a catalog, and unpacking DuckDB's extensions, takes longer than most tests."""
    folder = tempfile.TemporaryDirectory(prefix="lims-tests-")
    Catalog.open(Path(folder.name) / "catalog", extensions=Path(folder.name) / "extensions").close()
    return folder


def extensions() -> Path:
    """DuckDB's, out of their wheels. What is loaded from another path is loaded into memory again."""
    return Path(_made_once().name) / "extensions"


def copy_empty_catalog(folder: Path) -> Path:
    """A catalog with nothing in it."""
    return Path(shutil.copytree(Path(_made_once().name) / "catalog", folder))


def write_facility(folder: Path, *, staff: str = "m.keller", store: Path | None = None) -> Path:
    """A facility folder whose staff member is the person running the tests. Its store is `folder`/store by default."""
    folder.mkdir(parents=True)
    (folder / "extensions").symlink_to(extensions())
    copy_empty_catalog(folder / "catalog")
    store = store or folder / "store"
    for prefix in ("Titan_TEM", "FIB-2"):
        (store / prefix).mkdir(parents=True, exist_ok=True)
    text = TOML.format(store=store, staff=staff, login=getpass.getuser())
    (folder / "facility.toml").write_text(text, encoding="utf-8")
    return folder
