"""An accessibility checker (axe) finds nothing serious on any page, in both themes, on a desk and on a phone."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.conftest import Site
from tests.end_to_end.jupyterlab import wear
from tests.end_to_end.shelf import TITLE, Shelf

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

AXE = Path(__file__).parents[2] / "lab_extension" / "node_modules" / "axe-core" / "axe.min.js"
PHONE, DESK = (360, 740), (1440, 900)
THEMES = ["light", "dark"]
FINDINGS = """async () => {
    const found = await axe.run({ include: [['.lims-App']] }, { resultTypes: ['violations'] });
    return found.violations
        .filter(one => ['serious', 'critical'].includes(one.impact))
        .map(one => `${one.id}: ${one.nodes.map(node => node.target + ' ' + node.failureSummary).join(' | ')}`);
}"""


def nothing_serious(page: Page) -> None:
    """The page keeps the state it is in."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for width, height in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function("document.getAnimations().every(one => one.playState !== 'running')")
        assert page.evaluate(FINDINGS) == [], f"at {width} px"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"


@pytest.mark.parametrize("theme", THEMES)
def test_the_form(page: Page, site: Site, shelf: Shelf, theme: str) -> None:
    page.goto(site.page(f"lims/dashboards/session?theme={theme}&instrument=fib"))
    page.get_by_role("button", name="Start session").wait_for()
    nothing_serious(page)
    page.get_by_role("button", name=f"show {TITLE}").click()
    page.get_by_role("list", name="files that need attention").wait_for()
    nothing_serious(page)


@pytest.mark.parametrize("theme", THEMES)
def test_the_records_in_a_gallery_and_in_a_table(page: Page, site: Site, shelf: Shelf, theme: str) -> None:
    for view in ("gallery", "table"):
        page.goto(site.page(f"lims/dashboards/records?theme={theme}&view={view}&kind=dataset&query={shelf.query}"))
        page.locator(".lims-Results button[data-id] img").first.wait_for()
        page.get_by_role("group", name="Instrument").wait_for()
        nothing_serious(page)


@pytest.mark.parametrize("theme", THEMES)
def test_a_record_a_file_of_it_and_its_lineage(page: Page, site: Site, shelf: Shelf, theme: str) -> None:
    page.goto(site.page(f"lims/dashboards/records?theme={theme}&record={shelf.record}"))
    page.get_by_role("heading", name=TITLE, level=1).wait_for()
    page.locator(".lims-Tile img").first.wait_for()
    nothing_serious(page)
    page.locator(f"[data-id='{shelf.raw}']").click()
    drawer = page.get_by_role("complementary", name="file")
    drawer.get_by_role("tree").wait_for()
    nothing_serious(page)
    drawer.get_by_text("Lineage", exact=True).click()
    expect(drawer.locator(".lims-LineageGraph-node")).to_have_count(2)
    drawer.locator(".lims-LineageGraph-edge").click()
    drawer.get_by_role("region", name="how it was made").wait_for()
    nothing_serious(page)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_jupyterlabs_panel_and_facility_page(page: Page, site: Site, shelf: Shelf, theme: str) -> None:
    page.goto(site.page("lab?reset"))
    wear(page, theme)
    page.locator(".jp-LauncherCard", has_text="Facility").click()
    page.get_by_role("tab", name="Laboratory records").click()
    page.locator(".lims-App[data-lims-component=FacilityOverview]").get_by_role("heading").first.wait_for()
    page.locator("#lims-records-panel .lims-Results img").first.wait_for()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(FINDINGS) == []
