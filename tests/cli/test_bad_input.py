"""Whatever a person types or a microscope writes: a sentence, the right exit code, and nothing lost."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Lims
from tests.facilities import write_facility
from tests.filled import HOSTILE, write_picture


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_facility(tmp_path / "facility")


@pytest.fixture
def here(lims: Lims, folder: Path) -> Lims:
    return lambda *arguments: lims("--facility", str(folder), *arguments)


def hour_ago(minutes: int = 0) -> datetime:
    return datetime.now(UTC) - timedelta(hours=1) + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "command", [["search"], ["show", "titan"], ["attention"], ["harvest", "--all"], ["session", "list"], ["serve"]]
)
def test_a_folder_that_is_no_facility_is_named_with_what_to_do(lims: Lims, tmp_path: Path, command: list[str]) -> None:
    said = lims(*command, "--facility", str(tmp_path))
    assert (said.code, said.out) == (2, "")
    assert str(tmp_path) in said.err
    assert "lims init" in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "said_of_it"),
    [
        ("[facility\n", "line 1"),
        ("[facility]\nname = 'A'\ntimezone = 'Mars/Base'\n", "Mars/Base"),
        ("[facility]\nname = 'A'\n[harvset]\n", "harvset"),
        ("[facility]\nname = 'A'\n[instruments.titan]\nname = 'T'\nstore = 'nas'\n", "nas"),
    ],
)
def test_a_mistake_in_facility_toml_is_named(lims: Lims, tmp_path: Path, text: str, said_of_it: str) -> None:
    (tmp_path / "facility.toml").write_text(text)
    said = lims("search", "--facility", str(tmp_path))
    assert said.code == 2
    assert "facility.toml" in said.err
    assert said_of_it in said.err


def test_a_service_that_does_not_answer_is_named(lims: Lims) -> None:
    said = lims("search", "--facility", "http://127.0.0.1:9/services/lims")
    assert said.code == 2
    assert "127.0.0.1:9" in said.err


def test_an_unknown_instrument_is_answered_with_the_known_ones(here: Lims) -> None:
    said = here("session", "start", "--instrument", "nosuch")
    assert said.code == 1
    assert "'nosuch'" in said.err
    assert "fib, titan" in said.err


def test_an_end_without_a_start_is_no(here: Lims) -> None:
    said = here("session", "end", "--instrument", "titan")
    assert said.code == 1
    assert "lims session start" in said.err


def test_the_second_of_two_starts_is_no_and_says_who_is_there(here: Lims) -> None:
    first = here("session", "start", "--instrument", "titan", "--json").document["session"]
    said = here("session", "start", "--instrument", "titan", "--json")
    assert (said.code, said.out) == (1, "")
    assert first in said.err
    assert "--end-other" in said.err
    assert [one["session"] for one in here("session", "list", "--json").document] == [first]


@pytest.mark.parametrize(
    ("at", "end", "words"),
    [
        ("2018-11-13T20:00-05:00", "2018-11-13T20:30+01:00", "before it starts"),
        ("2018-03-11T02:30", "2018-03-11T04:30", "never happened"),
        ("2099-01-01T00:00Z", "2099-01-01T01:00Z", "still to come"),
        ("tonight", "2018-11-13T20:30", "tonight"),
    ],
    ids=["crossed zones", "no such hour", "in the future", "no time"],
)
def test_a_time_that_cannot_be_is_refused_in_words(here: Lims, at: str, end: str, words: str) -> None:
    said = here("session", "start", "--instrument", "titan", "--at", at, "--end", end)
    assert said.code == 2
    assert words in said.err
    assert here("session", "list", "--json").document == []


def test_a_store_that_is_not_mounted_loses_nothing(here: Lims, folder: Path) -> None:
    write_picture(folder / "store" / "Titan_TEM" / "film.tif", hour_ago(10))
    times = ["--at", hour_ago().isoformat(), "--end", hour_ago(30).isoformat()]
    started = here("session", "start", "--instrument", "titan", *times, "--json").document
    assert here("harvest", "--session", started["session"], "--json").document["failed"] == []
    (folder / "store").rename(folder / "away")
    said = here("harvest", "--session", started["session"])
    assert said.code == 2
    assert "'raw'" in said.err
    assert "facility.toml" in said.err
    (dataset,) = here("search", "film", "--kind", "dataset", "--json").document["items"]
    assert here("show", dataset["id"], "--json").document["status"] == "extracted"
    (folder / "away").rename(folder / "store")
    assert here("harvest", "--session", started["session"]).code == 0


def test_a_half_written_file_says_why_and_harms_no_other(here: Lims, folder: Path, sample_data: Path) -> None:
    store = folder / "store" / "Titan_TEM"
    whole = sample_data / "vendor" / "dm3" / "test_STEM_image.dm3"
    shutil.copyfile(whole, store / "whole.dm3")
    (store / "half.dm3").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    write_picture(store / HOSTILE, hour_ago(20))
    for name in ("whole.dm3", "half.dm3"):
        os.utime(store / name, (hour_ago(10).timestamp(),) * 2)
    times = ["--at", hour_ago().isoformat(), "--end", hour_ago(30).isoformat()]
    session = here("session", "start", "--instrument", "titan", *times, "--json").document["session"]
    said = here("harvest", "--session", session, "--json")
    assert said.code == 0
    (failure,) = said.document["failed"]
    assert failure["key"] == "Titan_TEM/half.dm3"
    assert failure["reason"]
    tiles = {one["name"]: one for one in here("show", session, "--json").document["tiles"]}
    assert set(tiles) == {"whole.dm3", "half.dm3", HOSTILE}
    assert tiles["half.dm3"]["failures"][0]["reason"] == failure["reason"]
    assert [tiles[name]["failures"] for name in ("whole.dm3", HOSTILE)] == [[], []]
    shown = here("attention")
    assert shown.code == 0
    assert "half.dm3" in shown.out
