"""A small facility with one microscope, opened in this process and through a really started service."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lims.facility.connect import service_of
from lims.facility.facility import Facility
from lims.facility.local import LocalFacility
from tests.facilities import write_facility

SERVICE_START_S = 120.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_facility(tmp_path / "facility")


@pytest.fixture(params=["local", "remote"])
def facility(request: pytest.FixtureRequest, folder: Path) -> Iterator[Facility]:
    if request.param == "local":
        with LocalFacility(folder) as opened:
            yield opened
    else:
        yield from through_a_service(folder)


def through_a_service(folder: Path) -> Iterator[Facility]:
    environment = {**os.environ, "LIMS_FACILITY": str(folder)}
    service = subprocess.Popen([sys.executable, "-m", "lims.cli.main", "serve"], env=environment)
    try:
        until = time.monotonic() + SERVICE_START_S
        while (found := service_of(folder)) is None:
            assert service.poll() is None, "the service ended before it answered"
            assert time.monotonic() < until, "the service did not answer in time"
            time.sleep(0.05)
        with found:
            yield found
    finally:
        service.terminate()
        service.wait(60)
