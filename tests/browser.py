"""The browser of the tests and the benchmarks: the one that `.ci/browser` names, without a window."""

import subprocess
from pathlib import Path

from playwright.sync_api import Browser, Playwright

FINDER = Path(__file__).parents[1] / ".ci" / "browser"


def launch(playwright: Playwright, *options: str) -> Browser:
    """options: for Chromium's command line. Where nothing is installed it is Playwright's own."""
    found = subprocess.run([FINDER], stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
    return playwright.chromium.launch(executable_path=found or None, args=["--no-sandbox", *options])
