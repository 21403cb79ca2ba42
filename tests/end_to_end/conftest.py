"""The really started product: `lims up` from the installed package, and a headless browser that is signed in."""

import getpass
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from tests.browser import launch
from tests.end_to_end import shelf as shelves
from tests.end_to_end.evening import Evening
from tests.facilities import write_facility

START_S = 180.0
TWO_PEOPLE = Path(__file__).with_name("two_people.py")
COLLEAGUE = "r.osei"
expect.set_options(timeout=60_000)  # a loaded machine is slow, not wrong
LOOPBACK = re.compile(r"^(https?|wss?)://127\.0\.0\.1[:/]|^(data|blob|about|chrome):")


@dataclass(frozen=True)
class Site:
    """A facility, the Hub in front of it, and how to sign in."""

    folder: Path
    address: str
    user: str
    password: str

    def page(self, path: str, user: str = "") -> str:
        return f"{self.address}user/{user or self.user}/{path}"

    def lims(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command line, as the same person on the same computer."""
        return subprocess.run(
            [lims_command(), "--facility", str(self.folder), *arguments],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def lims_command() -> str:
    return str(Path(sys.executable).with_name("lims"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("evening")
    folder = write_facility(home / "facility", staff=getpass.getuser())
    with running(folder, home, "--config", str(TWO_PEOPLE)) as started:
        yield started


@contextmanager
def running(folder: Path, home: Path, *options: str) -> Iterator[Site]:
    """`lims up` for the facility in `folder`, by somebody whose home folder is `home`."""
    log = home / "up.log"
    with log.open("w") as told:
        started = subprocess.Popen(
            [lims_command(), "up", str(folder), "--port", str(free_port()), "--no-browser", *options],
            stdout=told,
            stderr=told,
            cwd=home,
            env={**os.environ, "HOME": str(home)},
        )
    try:
        until = time.monotonic() + START_S
        while not (words := re.search(r"(http\S+)\s+Sign in as (\S+) with the password (\S+)", log.read_text())):
            assert started.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.2)
        yield Site(folder, words[1], words[2], words[3])
    finally:
        started.terminate()
        started.wait(60)


@pytest.fixture(scope="session")
def evening(site: Site, sample_data: Path) -> Evening:
    return Evening(site.folder / "store" / "Titan_TEM", sample_data)


@pytest.fixture(scope="session")
def shelf(site: Site, sample_data: Path) -> shelves.Shelf:
    """A record with files and a lineage, hours old, that nothing changes any more."""
    return shelves.fill(site.folder, site.lims, sample_data)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = launch(playwright)
        yield opened
        opened.close()


def sign_in(site: Site, browser: Browser, user: str, strays: list[str]) -> BrowserContext:
    """One person's browser. A request to any other address is refused and noted in `strays`."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, timezone_id="Europe/Berlin")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(60_000)

    def guard(route: Route) -> None:
        if LOOPBACK.match(route.request.url):
            route.continue_()
        else:
            strays.append(route.request.url)
            route.abort()

    context.route("**/*", guard)
    enter(context, site, user)
    return context


def enter(context: BrowserContext, site: Site, user: str) -> None:
    """Sign in on the Hub's own page."""
    page = context.new_page()
    page.goto(site.address)
    page.fill("#username_input", user)
    page.fill("#password_input", site.password)
    page.click("#login_submit")
    page.wait_for_url(f"**/user/{user}/**", timeout=120_000)
    page.close(run_before_unload=True)


@pytest.fixture(scope="session")
def signed_in(site: Site, browser: Browser) -> Iterator[BrowserContext]:
    """The staff member's browser."""
    strays: list[str] = []
    context = sign_in(site, browser, site.user, strays)
    yield context
    context.close()
    assert strays == []


@pytest.fixture(scope="session")
def colleague_signed_in(site: Site, browser: Browser) -> Iterator[BrowserContext]:
    """The browser of somebody who is not staff."""
    strays: list[str] = []
    context = sign_in(site, browser, COLLEAGUE, strays)
    yield context
    context.close()
    assert strays == []


@pytest.fixture
def page(signed_in: BrowserContext) -> Iterator[Page]:
    yield from opened_in(signed_in)


@pytest.fixture
def colleague(colleague_signed_in: BrowserContext) -> Iterator[Page]:
    yield from opened_in(colleague_signed_in)


def opened_in(context: BrowserContext) -> Iterator[Page]:
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    opened.close(run_before_unload=True)
    assert errors == []
