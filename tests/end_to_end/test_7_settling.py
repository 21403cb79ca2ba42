"""Files that no session claims: one click on the facility's page puts them into a record, another takes them back."""

import json
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.end_to_end.conftest import Site
from tests.end_to_end.shelf import put, told

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

TITLE = "Polishing the last lamella"
LEFT = ("after the end 1.tif", "after the end 2.tif")


@pytest.fixture(scope="module")
def late(site: Site) -> str:
    """The id of a session three days ago; some minutes after its end two pictures were saved."""
    end = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    folder = site.folder / "store" / "FIB-2" / "polishing"
    folder.mkdir()
    for number, name in enumerate(LEFT):
        put(folder / name, picture(number), end + timedelta(minutes=12 + number))
    started = told(
        site.lims, "session", "start", "--instrument", "FIB-2", "--title", TITLE,
        "--at", (end - timedelta(hours=2)).isoformat(), "--end", end.isoformat(), "--json",
    )  # fmt: skip
    told(site.lims, "harvest", "--all")
    return str(json.loads(started)["id"])


def picture(seed: int) -> bytes:
    written = BytesIO()
    noise = np.random.default_rng(seed).integers(0, 255, (64, 64), dtype=np.uint8)
    Image.fromarray(noise).save(written, format="TIFF")
    return written.getvalue()


def names_in(site: Site, session: str) -> list[str]:
    record: Any = json.loads(told(site.lims, "show", session.replace("ses-", "rec-"), "--json"))
    return sorted(tile["name"] for activity in record["activities"] for tile in activity["datasets"])


def test_staff_settle_a_group_by_one_click_see_it_in_the_record_and_take_it_back(
    page: Page, site: Site, late: str
) -> None:
    assert names_in(site, late) == []
    page.goto(site.page("lab?reset"))
    page.locator(".jp-LauncherCard", has_text="Facility").click()
    facility = page.locator(".lims-App[data-lims-component=FacilityOverview]")
    waiting = facility.get_by_role("group", name=re.compile("^2 files in .*polishing: what to do$"))
    waiting.get_by_role("button", name=f"Put into {site.user}'s session").click()
    said = facility.get_by_role("region", name="to settle").get_by_role("status").first
    expect(said).to_contain_text(f"in {site.user}'s session {late}")
    expect(waiting).to_have_count(0)
    assert names_in(site, late) == list(LEFT)

    said.get_by_role("button", name=late).click()
    record = page.locator(".lims-App[data-lims-component=RecordView]")
    expect(record.get_by_role("heading", name=TITLE)).to_be_visible()
    for name in LEFT:
        expect(record.get_by_title(name).first).to_be_visible()
    record.get_by_title(LEFT[0]).first.click()
    expect(record.get_by_text(f"put there by {site.user}").first).to_be_visible()

    page.locator(".lm-TabBar-tab", has_text="Facility").click()
    said.get_by_role("button", name=re.compile("^Undo")).click()
    expect(said).to_contain_text("taken back")
    expect(waiting.get_by_role("button", name=f"Put into {site.user}'s session")).to_be_visible()
    assert names_in(site, late) == []
