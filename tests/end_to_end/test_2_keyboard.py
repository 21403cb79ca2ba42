"""The whole journey without a mouse: nothing here clicks."""

import json
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.end_to_end.conftest import COLLEAGUE, Site
from tests.end_to_end.jupyterlab import SLOW_MS, kernel_is_ready
from tests.end_to_end.keyboard import IS_FOCUSED, arrow_to, press_on, tab_to, type_into
from tests.end_to_end.shelf import PROJECT, TITLE, Shelf

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

WORDS = "Lamella from the weld toe"
FORGOTTEN = "Left over the weekend"


def test_a_session_is_started_noted_and_ended_by_keyboard_alone(page: Page, site: Site) -> None:
    page.goto(site.page("lims/dashboards/session"))
    session = page.get_by_role("region", name="session", exact=True)
    type_into(page, page.get_by_label("Instrument"), "FIB")
    expect(page.get_by_label("Instrument")).to_have_value("fib")
    type_into(page, page.get_by_label("What for"), WORDS)
    type_into(page, page.get_by_label("With"), "r.osei")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="without r.osei")).to_be_visible()
    type_into(page, page.get_by_label("Project"), PROJECT)
    type_into(page, page.get_by_label("Sample"), "toe 4")
    press_on(page, page.get_by_role("button", name="Start session"))
    expect(session).to_have_attribute("data-state", "open")
    for words in (WORDS, PROJECT, "toe 4"):
        expect(session).to_contain_text(words)
    type_into(page, session.get_by_label("note", exact=True), "curtaining at 30 kV")
    page.keyboard.press("Control+Enter")
    expect(session.get_by_role("listitem").filter(has_text="curtaining at 30 kV")).to_be_visible()
    tab_to(page, session.get_by_role("button", name="End session"), back=True)
    page.keyboard.press("Enter")
    expect(session).to_have_attribute("data-state", "ended")
    press_on(page, session.get_by_role("link", name="Open the record"))
    expect(page.get_by_role("heading", name=WORDS, level=1)).to_be_focused()


def test_the_next_person_ends_a_forgotten_session_by_keyboard_alone(page: Page, colleague: Page, site: Site) -> None:
    form = "lims/dashboards/session?instrument=fib"
    colleague.goto(site.page(form, COLLEAGUE))
    type_into(colleague, colleague.get_by_label("What for"), FORGOTTEN)
    press_on(colleague, colleague.get_by_role("button", name="Start session"))
    expect(colleague.get_by_role("region", name="session", exact=True)).to_have_attribute("data-state", "open")
    page.goto(site.page(form))
    session = page.get_by_role("region", name="session", exact=True)
    type_into(page, page.get_by_label("What for"), "Milling after the weekend")
    press_on(page, page.get_by_role("button", name=re.compile(r"^End .* session .* and start yours$")))
    expect(session).to_contain_text("Milling after the weekend")
    tab_to(page, session.get_by_role("button", name="End session"))
    page.keyboard.press("Enter")
    expect(session).to_have_attribute("data-state", "ended")
    listed = json.loads(site.lims("session", "list", "--instrument", "FIB-2", "--json").stdout)
    assert [one["state"] for one in listed if one["title"] == FORGOTTEN] == ["ended"]


def test_a_dataset_is_opened_in_a_notebook_by_keyboard_alone(page: Page, site: Site, shelf: Shelf) -> None:
    page.goto(site.page("lab?reset"))
    page.locator(".jp-LauncherCard").first.wait_for()
    tab_to(page, page.get_by_role("tab", name="File Browser"))
    arrow_to(page, page.get_by_role("tab", name="Laboratory records"), "ArrowDown")
    page.keyboard.press("Enter")
    panel = page.locator("#lims-records-panel")
    search = panel.get_by_role("combobox", name="Search")
    type_into(page, search, f"{shelf.query} name:lattice.dm3")
    page.keyboard.press("Enter")
    expect(panel.locator(f".lims-Results [data-id='{shelf.raw}']")).to_be_focused()
    page.keyboard.press("Enter")
    cells = page.locator(".jp-NotebookPanel .jp-CodeCell")
    expect(cells.first).to_contain_text(f'lims.open("{shelf.raw}")', timeout=SLOW_MS)
    kernel_is_ready(page)
    page.keyboard.press("Shift+Enter")
    expect(cells).to_have_count(2)
    page.keyboard.type("print(signal)")
    page.keyboard.press("Shift+Enter")
    expect(cells.nth(1).locator(".jp-OutputArea-output")).to_contain_text("08_carbon", timeout=SLOW_MS)
    expect(cells.first.locator(".jp-OutputArea-output")).to_have_count(0)


def test_the_lineage_is_reached_and_a_step_opened_by_keyboard_alone(page: Page, site: Site, shelf: Shelf) -> None:
    page.goto(site.page(f"lims/dashboards/records?record={shelf.record}"))
    files = page.get_by_role("list", name="files of activity 1").get_by_role("button")
    tab_to(page, files.first)
    arrow_to(page, page.locator(f"[data-id='{shelf.raw}']"), "ArrowRight")
    page.keyboard.press("Enter")
    drawer = page.get_by_role("complementary", name="file")
    expect(drawer.get_by_role("heading", level=2)).to_be_focused()
    press_on(page, drawer.locator("summary", has_text="Lineage"))
    press_on(page, drawer.locator(".lims-LineageGraph-edge"))
    step = drawer.get_by_role("region", name="how it was made")
    expect(step).to_contain_text("crop 64×64")
    tab_to(page, step.get_by_role("button", name="Close"))
    page.keyboard.press("Enter")
    expect(step).to_have_count(0)


def at(page: Page, index: int) -> Locator:
    return page.locator(f".lims-Results [data-index='{index}']")


def test_a_file_is_found_looked_at_and_left_again_by_keyboard_alone(page: Page, site: Site, shelf: Shelf) -> None:
    page.goto(site.page("lims/dashboards/records?view=table"))
    search = page.get_by_role("combobox", name="Search")
    search.wait_for()
    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type('"weld toe" after:2000-01-01')
    page.keyboard.press("Enter")
    expect(at(page, 0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    find(page, TITLE)
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", name=TITLE, level=1)
    expect(heading).to_be_focused()
    tile = page.get_by_role("list", name="files of activity 1").get_by_role("button").nth(1)
    tab_to(page, page.get_by_role("list", name="files of activity 1").get_by_role("button").first)
    page.keyboard.press("ArrowRight")
    expect(tile).to_be_focused()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("complementary", name="file")
    expect(drawer.get_by_role("heading", level=2)).to_be_focused()
    press_on(page, drawer.locator("summary", has_text="History"))
    expect(drawer.get_by_text(re.compile("dataset")).first).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(tile).to_be_focused()
    page.keyboard.press("Escape")
    expect(heading).to_be_hidden()
    expect(page.locator(f".lims-Results [data-id='{shelf.record}']")).to_be_focused()


def find(page: Page, title: str) -> None:
    """Down the list until the line with the title has the focus."""
    wanted = page.locator(".lims-Results button[data-index]").filter(has_text=title)
    wanted.wait_for()
    while not wanted.evaluate(IS_FOCUSED):
        assert page.locator(":focus").get_attribute("data-index") != "20"
        page.keyboard.press("ArrowDown")


def test_a_question_mark_lists_the_keys_and_escape_puts_them_away(page: Page, site: Site) -> None:
    page.goto(site.page("lims/dashboards/records"))
    page.get_by_role("combobox", name="Search").wait_for()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("move through the results")
    page.keyboard.press("Escape")
    expect(keys).to_have_count(0)
