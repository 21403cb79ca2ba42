"""The command line in this process, asked as a shell would."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lims.cli.main import run
from lims.facility.local import LocalFacility
from tests.facilities import write_facility
from tests.filled import Filled, fill


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Lims = Callable[..., Said]


@pytest.fixture
def lims(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Lims:
    """Run one command; whatever happens, it must not show a traceback."""
    monkeypatch.delenv("LIMS_FACILITY", raising=False)

    def ask(*arguments: str) -> Said:
        code = run(list(arguments))
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Said(code, out, err)

    return ask


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Filled]:
    """A closed facility with a session, a picture and a run in it."""
    folder = write_facility(tmp_path_factory.mktemp("cli") / "facility")
    with LocalFacility(folder) as facility:
        return folder, fill(facility, folder)


@pytest.fixture
def there(lims: Lims, filled: tuple[Path, Filled]) -> Lims:
    """`lims` with --facility."""
    return lambda *arguments: lims("--facility", str(filled[0]), *arguments)
