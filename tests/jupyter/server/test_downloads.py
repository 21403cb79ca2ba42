"""A download from a page is an ordinary one: of any size, from the person's own server, named without surprises."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from lims.jupyter.widgets.requests import MOST_BYTES
from tests.facilities import write_facility
from tests.jupyter.conftest import SignIn
from tests.jupyter.lab import Lab, started_lab

pytestmark = pytest.mark.browser

LARGE = MOST_BYTES + 2**20
HOSTILE = 'a "b"; c=\u202e3md.exe\\..\\x.dat'


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A server whose facility holds a file that no comm could carry, and one with a name to be afraid of."""
    folder = tmp_path_factory.mktemp("filled")
    facility = write_facility(folder / "facility")
    files = facility / "store" / "Titan_TEM"
    with (files / "large.dat").open("wb") as large:
        large.truncate(LARGE)
    (files / HOSTILE).write_bytes(b"<script>stolen()</script>")
    with started_lab(folder, facility=str(facility)) as lab:
        log_session(lab)
        yield lab


def log_session(lab: Lab) -> None:
    now = datetime.now(UTC)
    times = {"at": (now - timedelta(hours=1)).isoformat(), "end": (now + timedelta(minutes=1)).isoformat()}
    asked = {"instrument": "titan", "title": "Downloads", **times}
    httpx.post(
        f"{lab.url}lims/api/sessions", json=asked, headers=lab.headers, timeout=60, trust_env=False
    ).raise_for_status()


def dataset_of(lab: Lab, name: str) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        items = lab.get("lims/api/search", params={"kind": "dataset"}).json()["items"]
        for hit in items:
            if hit["name"] == name and hit["state"] != "registered":
                return str(hit["id"])
        time.sleep(0.2)
    raise AssertionError(f"{name} was not harvested\n{lab.log()}")


def opened(context: BrowserContext, lab: Lab, dataset: str) -> Page:
    page = context.new_page()
    page.goto(f"{lab.url}lims/dashboards/records?kind=dataset&record={dataset}", wait_until="commit")
    expect(page.get_by_role("button", name="Download", exact=True)).to_be_visible()
    return page


def test_a_file_larger_than_any_comm_arrives_from_the_persons_own_server(
    filled: Lab, browser_of: SignIn, tmp_path: Path
) -> None:
    dataset = dataset_of(filled, "large.dat")
    page = opened(browser_of(filled, accept_downloads=True), filled, dataset)
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="Download", exact=True).click()
    assert f"/user/kim/lims/api/datasets/{dataset}/content" in download.value.url
    download.value.save_as(tmp_path / "large.dat")
    assert (tmp_path / "large.dat").stat().st_size == LARGE


def test_a_hostile_name_is_a_plain_file_in_the_persons_folder(filled: Lab, browser_of: SignIn, tmp_path: Path) -> None:
    page = opened(browser_of(filled, accept_downloads=True), filled, dataset_of(filled, HOSTILE))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    name = download.value.suggested_filename
    assert not set(name) & set('/\\":\u202e')
    download.value.save_as(tmp_path / "it")
    assert (tmp_path / "it").read_bytes() == b"<script>stolen()</script>"


def test_without_the_server_extension_the_limit_is_named(filled: Lab, browser_of: SignIn) -> None:
    """As in a foreign front end, whose page says nothing of the LIMS: it has to pass through the kernel."""
    context = browser_of(filled)
    context.add_init_script("""
        const parse = JSON.parse;
        JSON.parse = text => { const found = parse(text); if (found) delete found.limsApi; return found; };
    """)
    page = opened(context, filled, dataset_of(filled, "large.dat"))
    page.get_by_role("button", name="Download", exact=True).click()
    expect(page.get_by_text("a file may have 256 MiB at most")).to_be_visible()
    expect(page.get_by_text("Fetch it with: lims get")).to_be_visible()


def test_jupyterlab_tells_its_cells_where_downloads_come_from(filled: Lab) -> None:
    assert '"limsApi": "/user/kim/lims/api"' in filled.get("lab").text
