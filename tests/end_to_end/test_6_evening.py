"""An evening at the microscope in a real browser, against the really started product. The tests are its hours."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.end_to_end.conftest import COLLEAGUE, Site
from tests.end_to_end.evening import CRYSTAL, GOOD, LATE, TRUNCATED, Evening

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

TITLE = "Grain boundaries & <twins> in 17-4 steel"
SLOW_MS = 180_000
# Strontium titanate is cubic, a = 0.3905 nm: along [001] its fringes are d(110) = a / sqrt 2 and d(100) = a. Tolerance:
# a microscope's magnification is calibrated to some per cent, and the drift of the scan shears this image by 1.3 %.
D_110_NM, D_100_NM = 0.3905 / 2**0.5, 0.3905
CALIBRATION = 0.05


def form(page: Page, site: Site, user: str = "") -> Locator:
    page.goto(site.page("lims/dashboards/session", user))
    page.get_by_role("heading", name="Log a session").wait_for()
    page.get_by_label("Instrument").select_option("Titan TEM")
    return page.get_by_role("region", name="session", exact=True)


def browse(page: Page, site: Site, query: str) -> None:
    page.goto(site.page("lims/dashboards/records"))
    page.get_by_role("combobox", name="Search").fill(query)


def open_record(page: Page, site: Site) -> None:
    browse(page, site, '"twins" project:AM-12')
    page.get_by_role("button", name=re.compile("Grain boundaries")).first.click()
    page.get_by_role("heading", name=TITLE).wait_for()


def test_1_typed_words_survive_a_reload_and_the_session_starts(colleague: Page, site: Site) -> None:
    session = form(colleague, site, COLLEAGUE)
    colleague.get_by_label("What for").fill(TITLE)
    colleague.get_by_label("Project").fill("AM-12")
    colleague.get_by_label("Sample").fill("17-4-500C")
    colleague.reload()
    expect(colleague.get_by_label("What for")).to_have_value(TITLE)
    expect(colleague.get_by_label("Sample")).to_have_value("17-4-500C")
    colleague.get_by_role("button", name="Start session").click()
    expect(session).to_have_attribute("data-state", "open")
    expect(session).to_contain_text(TITLE)


def test_2_files_appear_as_they_are_written_and_the_bad_one_says_why(
    colleague: Page, site: Site, evening: Evening
) -> None:
    session = form(colleague, site, COLLEAGUE)
    evening.drip()
    evening.grow(CRYSTAL, "ser_emi/16_STOimage_1.ser")
    whole = len(GOOD) - 1 + 2  # the .emi and its .ser are one dataset; the broken file and the growing one come on top
    expect(session.get_by_text(f"{whole} files")).to_be_visible(timeout=SLOW_MS)
    failures = session.get_by_role("list", name="files that need attention")
    expect(failures).to_contain_text(TRUNCATED, timeout=SLOW_MS)
    expect(failures).to_contain_text(re.compile(r"ends too early|cut off|damaged|crashed"))
    expect(session.locator(".lims-Tile img")).to_have_count(whole - 1, timeout=SLOW_MS)
    for image in session.locator(".lims-Tile img").all():
        assert image.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 0


def test_3_a_note_is_written_and_corrected(colleague: Page, site: Site) -> None:
    session = form(colleague, site, COLLEAGUE)
    session.get_by_label("note", exact=True).fill("beam unstable after filament change")
    session.get_by_role("button", name="Note", exact=True).click()
    session.get_by_role("button", name=re.compile("edit the note")).click()
    session.get_by_label("the note, corrected").fill("beam unstable since the filament was changed")
    session.get_by_role("button", name="Save").click()
    expect(session.get_by_text("beam unstable since the filament was changed")).to_be_visible()


def test_4_the_next_person_ends_the_forgotten_session_and_starts_theirs(page: Page, site: Site) -> None:
    session = form(page, site)
    page.get_by_label("What for").fill("Alignment")
    page.get_by_role("button", name=re.compile(r"^End .*session at .*, its last file, and start yours$")).click()
    expect(session).to_contain_text("Alignment")
    session.get_by_role("button", name="End session").click()
    expect(session).to_have_attribute("data-state", "ended")


def test_5_a_late_file_still_finds_the_session_it_belongs_to(page: Page, site: Site, evening: Evening) -> None:
    listed = json.loads(site.lims("session", "list", "--json").stdout)
    (ours,) = [one for one in listed if one["title"] == TITLE]
    evening.bring_late(datetime.fromisoformat(ours["start"]) + timedelta(seconds=1))
    assert site.lims("harvest", "--session", ours["id"]).returncode == 0
    open_record(page, site)
    expect(page.get_by_title(LATE)).to_be_visible(timeout=SLOW_MS)


def test_6_the_record_shows_what_was_done_and_which_clock_said_so(page: Page, site: Site) -> None:
    open_record(page, site)
    expect(page.get_by_text(re.compile(r"time of the file|file time|clock", re.IGNORECASE)).first).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile(r"^Activity 1"))).to_be_visible()
    page.get_by_title(CRYSTAL).first.click()
    drawer = page.get_by_role("complementary", name="file")
    expect(drawer.get_by_role("heading", name=CRYSTAL)).to_be_visible()
    expect(drawer.get_by_role("tree")).to_be_visible()
    with page.expect_download() as saved:
        drawer.get_by_role("button", name="Download").click()
    assert saved.value.path().read_bytes() == (site.folder / "store" / "Titan_TEM" / CRYSTAL).read_bytes()


def test_7_a_click_in_jupyterlab_opens_the_dataset_as_a_signal(page: Page, site: Site) -> None:
    page.goto(site.page("lab"))
    page.get_by_role("tab", name="Laboratory records").click()
    panel = page.locator("#lims-records-panel")
    panel.get_by_role("combobox", name="Search").fill("lattice")
    panel.locator(f'[title*="{CRYSTAL}"], button:has-text("Lattice")').first.click()
    cells = page.locator(".jp-NotebookPanel .jp-CodeCell")
    expect(cells.first).to_contain_text("lims.open(", timeout=SLOW_MS)
    # JupyterLab runs nothing in a notebook whose kernel is not there yet.
    expect(page.get_by_role("button", name="Python 3 (ipykernel) | Idle")).to_be_visible(timeout=SLOW_MS)
    cells.first.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    expect(cells).to_have_count(2)
    cells.last.locator(".cm-content").click()
    page.keyboard.type("print(signal)")
    page.keyboard.press("Shift+Enter")
    expect(cells.nth(1).locator(".jp-OutputArea-output")).to_contain_text("Signal2D", timeout=SLOW_MS)
    expect(cells.first.locator(".jp-OutputArea-output")).to_have_count(0)


def test_8_the_fourier_notebook_runs_and_its_results_lead_back_to_the_raw_file(page: Page, site: Site) -> None:
    found = json.loads(site.lims("search", f'name:"{CRYSTAL}" is:raw', "--json").stdout)
    dataset = next(one["id"] for one in found["items"] if one["kind"] == "dataset")
    ran = site.lims("run", "fft", "-p", "dataset", dataset, "--json")
    assert ran.returncode == 0, ran.stderr
    run = json.loads(ran.stdout)
    assert [one["id"] for one in run["inputs"]] == [dataset]
    assert any("FFT" in one["name"] for one in run["outputs"])
    assert spacings_nm(site, run) == pytest.approx([D_110_NM, D_110_NM, D_100_NM, D_100_NM], rel=CALIBRATION)
    open_record(page, site)
    page.get_by_title(CRYSTAL).first.click()
    drawer = page.get_by_role("complementary", name="file")
    drawer.get_by_text("Lineage", exact=True).click()
    nodes = drawer.locator(".lims-LineageGraph-node")
    expect(nodes.filter(has_text="FFT").first).to_be_visible(timeout=SLOW_MS)
    drawer.locator(".lims-LineageGraph-edge").first.click()
    expect(drawer.get_by_text(run["run"], exact=True)).to_be_visible()


def spacings_nm(site: Site, run: dict[str, Any]) -> list[float]:
    """Of the fringes that the run's inverse transforms show, as their relations tell; smallest first."""
    spots = {one["id"] for one in run["outputs"] if "_iFFT_" in one["name"] and one["name"].endswith(".hspy")}
    graph = json.loads(site.lims("lineage", run["inputs"][0]["id"], "--descendants", "--json").stdout)
    told = [edge["params"]["spacing"] for edge in graph["edges"] if edge["to"] in spots and "spacing" in edge["params"]]
    assert len(told) == len(spots)
    assert all(one["unit"] == "nm" for one in told)
    return sorted(one["value"] for one in told)
