"""A search from a few letters to a range of values: names are completed, what is misspelt is meant, numbers brushed."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.conftest import Site
from tests.end_to_end.shelf import Shelf

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_a_few_letters_become_a_search_and_a_misspelt_word_the_one_that_was_meant(
    page: Page, site: Site, shelf: Shelf
) -> None:
    page.goto(site.page("lims/dashboards/records?kind=dataset"))
    search = page.get_by_role("combobox", name="Search")
    search.click()
    page.keyboard.type("vol")
    voltage = page.get_by_role("listbox", name="fields").get_by_role("option").first
    expect(voltage).to_contain_text("voltage")
    page.keyboard.press("ArrowDown")
    expect(voltage).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(search).to_have_value("voltage:")
    expect(search).to_be_focused()
    page.keyboard.type(">=100kV")
    expect(page).to_have_url(re.compile("voltage"))
    page.keyboard.press("Enter")
    expect(page.locator(".lims-Results [data-index='0']")).to_be_focused()
    expect(page.locator(".lims-Where mark").first).to_have_text(re.compile(r"\d kV$"))

    search.fill("difraction")
    page.get_by_role("button", name="Did you mean diffraction?").click()
    expect(search).to_have_value("diffraction")
    expect(search).to_be_focused()
    found = page.locator(".lims-Results button[data-id]").filter(has_text="diffraction.dm3")
    expect(found.locator(".lims-Where mark").first).to_have_text(re.compile("diffraction", re.IGNORECASE))


def test_what_is_wrong_in_a_query_is_marked_and_reached(page: Page, site: Site, shelf: Shelf) -> None:
    page.goto(site.page("lims/dashboards/records?kind=dataset"))
    search = page.get_by_role("combobox", name="Search")
    search.fill("steel voltage:>=200nm")
    expect(page.get_by_role("alert")).to_contain_text("at character 20 of the query")
    expect(page.locator(".lims-QueryProblem mark")).to_have_text("n")
    page.get_by_role("button", name="Go there").click()
    expect(search).to_be_focused()
    assert search.evaluate("field => [field.selectionStart, field.selectionEnd]") == [19, 20]


def test_a_range_of_voltages_is_brushed_and_stays_after_a_reload(page: Page, site: Site, shelf: Shelf) -> None:
    page.goto(site.page("lims/dashboards/records?kind=dataset"))
    search = page.get_by_role("combobox", name="Search")
    page.get_by_role("button", name="+ field").click()
    expect(page.get_by_label("field of a histogram")).to_be_focused()
    page.keyboard.type("voltage")
    chosen = page.get_by_role("listbox", name="fields with numbers").get_by_role("option").first
    expect(chosen).to_contain_text(re.compile("^voltage"))
    page.keyboard.press("Enter")
    bars = page.get_by_role("slider", name=re.compile("^voltage"))
    bars.wait_for()
    box = bars.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 20, steps=4)
    page.mouse.up()
    expect(search).to_have_value(re.compile(r"^voltage:[\d.]+\.\.[\d.]+kV$"))
    expect(page.locator(".lims-Results button[data-id]").first).to_be_visible()
    page.reload()
    expect(bars).to_be_visible()
    expect(search).to_have_value(re.compile(r"^voltage:"))
    page.get_by_role("button", name="remove the histogram of voltage").click()
    expect(bars).to_have_count(0)
