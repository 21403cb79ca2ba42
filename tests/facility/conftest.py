"""A small facility with one microscope, opened in this process and through a really started service."""

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lims.cli.main import run
from lims.facility.connect import service_of
from lims.facility.facility import Facility
from lims.facility.local import LocalFacility
from tests.facilities import write_facility

SERVICE_START_S = 120.0
FORKING = multiprocessing.get_context("forkserver")
"""A hundred tests start a service: each is a process of its own, forked from one that has read the modules already."""
FORKING.set_forkserver_preload(
    ["pytest", "lims.cli.main", "lims.cli.serve", "lims.service.serve", "lims.facility.local"]
)


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
    service = FORKING.Process(target=serve, args=(folder,))
    service.start()
    try:
        until = time.monotonic() + SERVICE_START_S
        while (found := service_of(folder)) is None:
            assert service.is_alive(), "the service ended before it answered"
            assert time.monotonic() < until, "the service did not answer in time"
            time.sleep(0.05)
        with found:
            yield found
    finally:
        service.terminate()
        service.join(60)
        assert service.exitcode is not None, "the service did not end"


def serve(folder: Path) -> None:
    """The command `lims serve`."""
    os.environ["LIMS_FACILITY"] = str(folder)
    sys.exit(run(["serve"]))
