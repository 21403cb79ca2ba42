"""What a person does with JupyterLab itself."""

import re

from playwright.sync_api import Page, expect

SLOW_MS = 180_000


def wear(page: Page, shade: str) -> None:
    """JupyterLab's light or dark theme, from its palette; it is kept for the person."""
    page.locator(".jp-LauncherCard").first.wait_for()
    page.keyboard.press("Control+Shift+C")
    page.locator(".lm-CommandPalette-input").fill(f"JupyterLab {shade}")
    page.locator(".lm-CommandPalette-item", has_text=re.compile(f"jupyterlab {shade}", re.IGNORECASE)).first.click()
    worn = "true" if shade == "light" else "false"
    page.locator(f"body[data-jp-theme-light={worn}]").wait_for(state="attached")


def kernel_is_ready(page: Page) -> None:
    """JupyterLab forgets a cell that is run before its kernel has come."""
    expect(page.locator("#jp-main-statusbar").get_by_text("| Idle")).to_be_visible(timeout=SLOW_MS)
