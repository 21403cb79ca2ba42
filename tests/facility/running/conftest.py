"""People at one facility, once for each file of tests; and ways for them to run things."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lims.facility.origins import RunView
from lims.facility.running import How, run_script
from tests.facility.running.people import People, Person, people, write_program

Run = Callable[..., RunView]


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patched, people(tmp_path_factory.mktemp("people")) as found:
        patched.setenv("LIMS_CACHE", str(cache))
        patched.delenv("LIMS_RUN", raising=False)
        patched.delenv("LIMS_FACILITY", raising=False)
        yield found


@pytest.fixture
def work(at: People, tmp_path: Path) -> Path:
    """A new folder to work in."""
    return tmp_path


@pytest.fixture(scope="module")
def script(at: People) -> Run:
    """Write a script of xenia's, or of somebody else, and run it in `folder`, with provenance."""

    def run(
        folder: Path, text: str, *arguments: str, name: str = "step.py", who: Person | None = None, **how: object
    ) -> RunView:
        who = who or at.xenia
        path = write_program(folder, name, text)
        return run_script(who.facility, who.address, path, arguments, How(folder=folder, **how))  # type: ignore[arg-type]

    return run
