"""A small facility with one microscope, opened in this process and through its service."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lims.facility.connect import service_of
from lims.facility.facility import Facility
from lims.facility.local import LocalFacility
from lims.service.serve import Service
from tests.facilities import write_facility
from tests.services import until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_facility(tmp_path / "facility")


@pytest.fixture(params=["local", "remote"])
def facility(request: pytest.FixtureRequest, folder: Path) -> Iterator[Facility]:
    with LocalFacility(folder) as opened:
        if request.param == "local":
            yield opened
        else:
            with served(opened) as found:
                yield found


@contextmanager
def served(opened: LocalFacility) -> Iterator[Facility]:
    """Asked at its socket. The service is a thread of this process; as a process: tests/services.py."""
    loop, service = asyncio.new_event_loop(), Service(opened, None)
    thread = threading.Thread(target=loop.run_until_complete, args=(service.serve(),), name="service")
    thread.start()
    try:
        until((opened.folder / "run" / "service.json").exists, "the service listens", pause_s=0.01)
        found = service_of(opened.folder)
        assert found is not None
        with found:
            yield found
    finally:
        loop.call_soon_threadsafe(service.stop.set)
        thread.join()
        loop.close()
