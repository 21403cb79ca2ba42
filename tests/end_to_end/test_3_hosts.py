"""One component in three hosts: a page, a notebook's cell, JupyterLab's left panel."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.end_to_end.conftest import Site
from tests.end_to_end.jupyterlab import SLOW_MS, kernel_is_ready
from tests.end_to_end.shelf import Shelf

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

CELL = 'from lims.jupyter import RecordBrowser\nRecordBrowser(query="{query}")'
LUMINANCE = """element => {
    const [r, g, b] = getComputedStyle(element).backgroundColor.match(/[\\d.]+/g).map(Number);
    return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}"""


def browser_in(page: Page, host: str) -> Locator:
    return page.locator(f".lims-App[data-lims-component=RecordBrowser][data-lims-host={host}]")


def files_in(root: Locator) -> Locator:
    """What is found, in the order shown."""
    root.get_by_role("radio", name="Files").check(force=True)
    expect(root.get_by_role("status").first).to_have_text(re.compile(r"^[1-9]\d* files?$"))
    return root.locator(".lims-Results button[data-index][data-id^=dat-]")


def expect_the_same(root: Locator, ids: list[str | None]) -> None:
    """Soon: a browser shows what it showed before until the answer to a new query has come."""
    found = files_in(root)
    for place, dataset in enumerate(ids):
        expect(found.nth(place)).to_have_attribute("data-id", str(dataset))


def test_the_same_browser_stands_in_a_page_a_cell_and_the_panel(page: Page, site: Site, shelf: Shelf) -> None:
    page.goto(site.page(f"lims/dashboards/records?query={shelf.query}"))
    found = files_in(browser_in(page, "voila"))
    expect(found.first).to_be_visible()
    on_page = [one.get_attribute("data-id") for one in found.all()[:4]]
    assert shelf.raw in on_page

    page.goto(site.page("lab?reset"))
    page.get_by_role("tab", name="Laboratory records").click()
    panel = browser_in(page, "lab")
    panel.get_by_role("combobox", name="Search").fill(shelf.query)
    expect_the_same(panel, on_page)

    page.locator(".jp-LauncherCard[data-category=Notebook]").first.click()
    editor = page.locator(".jp-NotebookPanel .jp-CodeCell .cm-content").first
    kernel_is_ready(page)
    editor.click()
    page.keyboard.insert_text(CELL.format(query=shelf.query))
    page.keyboard.press("Shift+Enter")
    cell = browser_in(page, "cell")
    expect(cell).to_be_visible(timeout=SLOW_MS)
    expect(cell.get_by_role("combobox", name="Search")).to_have_value(shelf.query)
    expect_the_same(cell, on_page)
    expect(page.locator(".lims-App[data-lims-component=RecordBrowser]")).to_have_count(2)


@pytest.mark.parametrize("asked", ["address", "system"])
def test_a_page_is_dark_where_its_address_or_the_system_says_so(page: Page, site: Site, asked: str) -> None:
    page.emulate_media(color_scheme="dark" if asked == "system" else "light")
    page.goto(site.page("lims/dashboards/records" + ("?theme=dark" if asked == "address" else "")))
    root = browser_in(page, "voila")
    root.get_by_role("combobox", name="Search").wait_for()
    assert root.evaluate(LUMINANCE) < 0.2
    page.emulate_media(color_scheme="light")
    page.goto(site.page("lims/dashboards/records?theme=light"))
    root.get_by_role("combobox", name="Search").wait_for()
    assert root.evaluate(LUMINANCE) > 0.8
