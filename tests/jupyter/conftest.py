from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.browser import launch
from tests.facilities import write_facility
from tests.jupyter.lab import TOKEN, Lab, started_lab

SLOWEST_MS = 20_000
"""On a machine that does much else at the same time."""

NOBODY = "http://127.0.0.1:9/services/lims"
"""The port of the discard service, which nobody runs any more."""

expect.set_options(timeout=SLOWEST_MS)


@pytest.fixture(scope="session")
def away_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A server whose service is not there."""
    with started_lab(tmp_path_factory.mktemp("away"), facility=NOBODY) as lab:
        yield lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A server whose service is a child of its own, for a small facility in a folder."""
    folder = tmp_path_factory.mktemp("lab")
    facility = write_facility(folder / "facility")
    with started_lab(folder, facility=str(facility)) as lab:
        yield lab


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Only for a module: it holds the thread's event loop."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def browser_of(chromium: Browser) -> Iterator["SignIn"]:
    signed_in = SignIn(chromium)
    yield signed_in
    signed_in.close()


class SignIn:
    """Browser contexts that are signed in to a server."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.contexts: list[BrowserContext] = []

    def __call__(self, lab: Lab, **options: object) -> BrowserContext:
        context = self.browser.new_context(**options)  # type: ignore[arg-type]
        self.contexts.append(context)
        context.request.get(f"{lab.url}api/status?token={TOKEN}")
        context.set_default_timeout(SLOWEST_MS)
        return context

    def close(self) -> None:
        for context in self.contexts:
            for page in context.pages:
                with page.expect_event("close"):
                    page.close(run_before_unload=True)
            context.close()


@pytest.fixture
def dashboards(tmp_path: Path) -> Path:
    folder = tmp_path / "dashboards"
    folder.mkdir()
    return folder
