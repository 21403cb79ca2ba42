"""The banner over a dashboard, in a real browser: connection lost, found again, gone for good."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.jupyter.lab import Lab

pytestmark = pytest.mark.browser

SignIn = Callable[..., BrowserContext]


def opened(context: BrowserContext, lab: Lab) -> Page:
    page = context.new_page()
    page.goto(f"{lab.url}lims/dashboards/probe")
    expect(page.get_by_text("painted")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-lims-connection", "connected")
    return page


def kernel_of(page: Page) -> str:
    found: str = page.evaluate("jupyterapp.widgetManager.kernel.id")
    return found


def test_a_lost_connection_is_said_and_found_again(lab: Lab, browser_of: SignIn) -> None:
    context = browser_of(lab)
    page = opened(context, lab)
    page.fill("#typed", "half a sentence")
    context.set_offline(True)
    page.evaluate("jupyterapp.widgetManager.kernel._ws.close()")
    expect(page.get_by_role("alert")).to_contain_text("Connection lost")
    context.set_offline(False)
    expect(page.locator("html")).to_have_attribute("data-lims-connection", "connected")
    expect(page.get_by_role("alert")).to_be_hidden()
    assert page.evaluate("ask('me')")["result"]["name"] == "m.keller"
    assert page.input_value("#typed") == "half a sentence"


def test_a_kernel_that_was_shut_down_is_told_and_a_reload_offered(lab: Lab, browser_of: SignIn) -> None:
    page = opened(browser_of(lab), lab)
    httpx.delete(f"{lab.url}api/kernels/{kernel_of(page)}", headers=lab.headers, trust_env=False)
    banner = page.locator("#lims-connection")
    expect(banner).to_contain_text("What you typed is kept", timeout=40_000)
    banner.get_by_role("button", name="Reload").click()
    expect(page.get_by_text("painted")).to_be_visible()


def test_a_kernel_that_dies_later_is_told_too(lab: Lab, browser_of: SignIn) -> None:
    page = opened(browser_of(lab), lab)
    page.evaluate("void jupyterapp.widgetManager.kernel.requestExecute({ code: 'import os; os.kill(os.getpid(), 9)' })")
    expect(page.locator("#lims-connection")).to_contain_text("has stopped")


def test_who_was_signed_out_is_told_so(lab: Lab, browser_of: SignIn) -> None:
    context = browser_of(lab)
    page = opened(context, lab)
    context.clear_cookies()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#lims-connection")).to_contain_text("signed out")
