"""The list of parts that are sent as one file, against what a page really asks for.

After an update of Voilà or a widget library: LIMS_RECORD_PARTS=1 pytest tests/jupyter/server/test_bundle.py
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from lims.jupyter.server.assets import Assets
from lims.jupyter.server.bundle import BUNDLE, PARTS, bundle_of, parts_in
from lims.jupyter.server.extension import NEEDED
from lims.jupyter.server.rendering import roots_of
from tests.jupyter.lab import Lab

pytestmark = pytest.mark.browser

ALONE = re.compile(r"remoteEntry|^voila/voila(-style)?\.js$|^own/")
MOST_GZIPPED = 1_300_000


def scripts_asked_for(lab: Lab, context: BrowserContext, name: str) -> set[str]:
    """Addresses below the content-hashed prefix."""
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{lab.url}lims/dashboards/{name}")
    expect(page.locator("[data-lims-component]").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    found = [re.search(r"/lims/dashboards/-/[0-9a-f]+/(.+?\.js)(\?|$)", url) for url in asked]
    return {one[1] for one in found if one and not ALONE.search(one[1])}


def pattern_of(address: str) -> str:
    """The number of a part stays over versions of a library; the hash in its name does not."""
    return re.sub(r"^(ext/.+/static/\w+)\.[0-9a-f]+\.js$", r"\1.*.js", address)


@pytest.mark.parametrize("name", ["probe", "records", "session"])
def test_a_page_asks_for_no_script_that_could_have_come_with_the_bundle(
    lab: Lab, browser_of: Callable[..., BrowserContext], name: str
) -> None:
    asked = scripts_asked_for(lab, browser_of(lab), name)
    if os.environ.get("LIMS_RECORD_PARTS"):
        patterns = {*PARTS.read_text().split(), *map(pattern_of, asked)}
        PARTS.write_text("\n".join(sorted(patterns)) + "\n")
    assert asked == set()


def test_every_listed_part_is_installed() -> None:
    """A pattern that fits nothing is left from another version: record the list again."""
    assets = Assets(roots_of(NEEDED))
    parts = parts_in(assets)
    assert len(parts) >= len(PARTS.read_text().split()) > 50
    assert len(parts) == len(set(parts))


def test_the_bundle_holds_the_parts_and_stays_small() -> None:
    assets = Assets(roots_of(NEEDED))
    assets.made[BUNDLE] = bundle_of(assets)
    first = assets.files[parts_in(assets)[0]].read_bytes()
    assert assets.made[BUNDLE].startswith(first)
    packed = assets.read(BUNDLE).gzipped
    assert packed is not None
    assert len(packed) < MOST_GZIPPED


def test_a_part_that_another_version_lacks_is_left_to_the_page(tmp_path: Path) -> None:
    static = tmp_path / "voila"
    static.mkdir()
    (static / "1187.voila.js").write_text("1187")
    assert bundle_of(Assets({"voila": [static]})) == b"1187"
