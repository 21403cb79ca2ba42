"""The extension in a server that does other things as well."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.jupyter.lab import Lab, started_lab

pytestmark = pytest.mark.browser


def open_lab(context: BrowserContext, lab: Lab) -> None:
    page = context.new_page()
    page.goto(f"{lab.url}lab")
    expect(page.locator("#jp-main-dock-panel")).to_be_visible()
    page.wait_for_load_state("networkidle")


def open_dashboard(context: BrowserContext, lab: Lab) -> None:
    page = context.new_page()
    page.goto(f"{lab.url}lims/dashboards/probe")
    expect(page.get_by_text("painted")).to_be_visible()
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("order", [(open_lab, open_dashboard), (open_dashboard, open_lab)])
def test_jupyterlab_and_dashboards_do_not_spoil_each_others_files(
    tmp_path: Path,
    browser_of: Callable[..., BrowserContext],
    order: tuple[Callable[[BrowserContext, Lab], None], ...],
) -> None:
    with started_lab(tmp_path) as lab:
        context = browser_of(lab)
        refused: list[str] = []
        context.on("response", lambda answer: refused.append(answer.url) if answer.status in (403, 404) else None)
        for opening in order:
            opening(context, lab)
        assert [url for url in refused if "/themes/" in url or "/dashboards/" in url] == []


