"""Facilities for tests: real folders, real stores, nothing pretended."""

import getpass
from pathlib import Path

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


def write_facility(folder: Path, *, staff: str = "m.keller", store: Path | None = None) -> Path:
    """A facility folder whose staff member is the person running the tests. Its store is `folder`/store by default."""
    folder.mkdir(parents=True)
    store = store or folder / "store"
    for prefix in ("Titan_TEM", "FIB-2"):
        (store / prefix).mkdir(parents=True, exist_ok=True)
    text = TOML.format(store=store, staff=staff, login=getpass.getuser())
    (folder / "facility.toml").write_text(text, encoding="utf-8")
    return folder
