"""Fixtures every test may use: where the real sample files are."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from lims.extractors.pool import Pool
from lims.facility import local
from tests.facilities import extensions

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """The folder of real vendor files; its absence skips at home and fails in CI."""
    folder = Path(os.environ.get("LIMS_SAMPLE_DATA", HERE.parent.parent / "shared" / "data"))
    if folder.is_dir():
        return folder.resolve()
    reason = f"no sample data at {folder}: set LIMS_SAMPLE_DATA"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(name="extensions", scope="session")
def the_extensions() -> Path:
    """Where DuckDB's extensions are."""
    return extensions()


class SharedPool(Pool):
    """Outlives the facilities that read with it."""

    def close(self) -> None:
        pass


@pytest.fixture(scope="session", autouse=True)
def one_fork_server() -> Iterator[None]:
    """The facilities that tests open read with one: it takes longer to start than most tests."""
    pool = SharedPool()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "Pool", lambda: pool)
        yield
    Pool.close(pool)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skip is a failure: what a test needs is there. A reason that begins with "optional" may stay a skip."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not reason.removeprefix("Skipped: ").startswith("optional"):
            report.outcome = "failed"
            report.longrepr = f"{reason} (skipped, which is a failure in CI)"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests have counted (`record_property("says", …)`) is told at the end, also where they ran elsewhere."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "says":
                terminalreporter.write_line(str(value))
