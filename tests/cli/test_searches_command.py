"""`lims searches`: keep searches, hear what is new, and what goes wrong in a sentence."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lims.facility.local import LocalFacility
from tests.cli.conftest import Lims, Said
from tests.facilities import write_facility
from tests.filled import write_picture


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_facility(tmp_path / "facility")


@pytest.fixture
def here(lims: Lims, folder: Path) -> Lims:
    def ask(*arguments: str) -> Said:
        return lims("--facility", str(folder), "searches", *arguments)

    return ask


def take_pictures(folder: Path, *names: str) -> None:
    now = datetime.now(UTC)
    for name in names:
        write_picture(folder / "store" / "Titan_TEM" / name, now - timedelta(minutes=30))
    with LocalFacility(folder) as facility:
        if not facility.sessions():
            facility.start_session("titan", at=now - timedelta(hours=1), title="Steel")
        facility.harvest(all=True)


def test_a_search_is_saved_listed_told_seen_and_removed(here: Lims, folder: Path) -> None:
    assert here("save", "steel films", "steel", "-blank").out == "steel films: saved\n"
    assert here("alert", "steel films", "--page").out == "steel films: told by page\n"
    take_pictures(folder, "a.tif", "b.tif")
    (shown,) = here("list", "--json").document
    assert (shown["name"], shown["query"], shown["unread"], shown["page"]) == ("steel films", "steel -blank", 2, True)
    listed = here("list").out.splitlines()[1].split()
    assert listed[:4] == ["steel", "films", "2", "page"]
    told = here("seen", "steel films").out.split()
    assert sorted(told) == sorted(shown["newest"])
    assert here("list", "--json").document[0]["unread"] == 0
    assert here("seen", "steel films").out == ""
    assert here("alert", "steel films", "--off").out == "steel films: told no more\n"
    assert here("rename", "steel films", "films").code == 0
    assert here("remove", "films").out == "films: removed\n"
    assert here("list").err == "0 saved\n"


def test_what_is_wrong_is_a_sentence(here: Lims) -> None:
    bad = here("save", "a", "voltage:>=200nm")
    assert (bad.code, "voltage" in bad.err) == (2, True)
    assert here("save", "a\nb").code == 2
    assert here("save", "a", "x").code == 0
    assert here("alert", "a").code == 2
    assert here("alert", "a", "--page", "--off").code == 2
    missing = here("remove", "b")
    assert (missing.code, "lims searches list" in missing.err) == (1, True)
    no_mail = here("alert", "a", "--mail")
    assert (no_mail.code, "[mail] in facility.toml" in no_mail.err) == (2, True)
    no_hook = here("alert", "a", "--webhook", "https://hooks.example.org/x")
    assert (no_hook.code, 'webhooks = ["hooks.example.org"]' in no_hook.err) == (1, True)


def test_a_webhook_shows_its_secret_to_who_has_set_it(here: Lims, folder: Path) -> None:
    with (folder / "facility.toml").open("a") as file:
        file.write('\n[alerts]\nwebhooks = ["hooks.example.org"]\n')
    here("save", "a")
    said = here("alert", "a", "--webhook", "https://hooks.example.org/x")
    assert said.code == 0
    (shown,) = here("list", "--json").document
    assert shown["secret"] in said.err
    assert len(shown["secret"]) == 64
