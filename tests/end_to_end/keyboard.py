"""Hands that only touch the keyboard."""

from playwright.sync_api import Locator, Page

MOST_TABS = 80
MOST_ARROWS = 20
IS_FOCUSED = "element => element === document.activeElement"
# A radio button is as large as its label, which then shows the focus for it.
OUTLINE = """element => [element, element.closest('label')].filter(one => one).map(one => getComputedStyle(one)).some(
    style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0
)"""


def tab_to(page: Page, target: Locator, back: bool = False) -> None:
    """Tab until `target` has the focus, as everything has to be reached; it must then be seen to have it."""
    target.wait_for()
    for _ in range(MOST_TABS):
        if target.evaluate(IS_FOCUSED):
            assert target.evaluate(OUTLINE), "the focus is not to be seen"
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"{target} is out of reach of {MOST_TABS} tabs")


def arrow_to(page: Page, target: Locator, key: str) -> None:
    """Among what one tab reaches together (tabs, tiles, results) the arrows move the focus; it must be seen, too."""
    for _ in range(MOST_ARROWS):
        if target.evaluate(IS_FOCUSED):
            assert target.evaluate(OUTLINE), "the focus is not to be seen"
            return
        page.keyboard.press(key)
    raise AssertionError(f"{target} is out of reach of {MOST_ARROWS} arrows")


def press_on(page: Page, target: Locator, key: str = "Enter") -> None:
    tab_to(page, target)
    page.keyboard.press(key)


def type_into(page: Page, target: Locator, text: str) -> None:
    tab_to(page, target)
    page.keyboard.type(text)
