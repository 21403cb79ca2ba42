"""`lims search`, `show`, `get` and `attention` on a real facility."""

import csv
import io
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lims.cli.search import as_of_moment
from lims.errors import Invalid
from lims.facility.local import LocalFacility
from lims.model import record_id_of
from tests.cli.conftest import Lims
from tests.facilities import write_facility
from tests.filled import HOSTILE, write_picture

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_search_prints_one_document_with_the_promised_fields(there: Lims, filled: Any) -> None:
    said = there("search", "Zirconium-secret", "--facets", "format,project", "--json")
    assert said.code == 0
    page = said.document
    assert {"total", "items", "facets", "snapshot", "ms", "python"} <= page.keys()
    assert {one["id"] for one in page["items"]} >= {filled[1].record, filled[1].dataset}
    assert {"id", "kind", "name"} <= page["items"][0].keys()
    assert page["facets"]["project"] == [{"value": "AM-12-secret", "count": 2}]


def test_search_prints_csv_that_reads_back(there: Lims) -> None:
    said = there("search", "--kind", "dataset", "--csv")
    (row,) = list(csv.DictReader(io.StringIO(said.out)))
    assert row["name"] == HOSTILE
    assert row["user"] == "ada"


def test_search_keeps_a_hostile_name_on_its_line(there: Lims) -> None:
    said = there("search", "--kind", "dataset")
    assert len(said.out.splitlines()) == 2
    assert "film.tif" in said.out


def test_a_word_may_begin_with_a_minus(there: Lims) -> None:
    both = there("search", "Zirconium-secret", "--json").document["total"]
    without = there("search", "Zirconium-secret", "-film", "--json").document["total"]
    assert 0 < without < both


def test_search_shows_the_catalog_as_it_was(there: Lims) -> None:
    said = there("search", "Zirconium-secret", "--as-of", "1", "--json")
    assert said.document["total"] == 0


def test_what_may_have_been_meant_is_said(there: Lims) -> None:
    said = there("search", "Zirconum")
    assert (said.code, said.err.splitlines()[-1]) == (0, "Did you mean: zirconium")


def test_a_result_says_where_it_has_what_was_asked(there: Lims, filled: Any) -> None:
    said = there("search", "Zirconium", "--kind", "record", "--why")
    assert f"{filled[1].record}  title: " in said.out
    hit = there("search", "Zirconium", "--kind", "record", "--why", "--json").document["items"][0]
    assert {"where", "text", "marks", "dataset"} == hit["highlights"][0].keys()


def test_fields_are_listed_with_units_and_counts(there: Lims) -> None:
    said = there("fields", "volt")
    (line,) = [line for line in said.out.splitlines() if line.startswith("acceleration_voltage")]
    assert line.split()[1:3] == ["number", "V"]
    listed = there("fields", "--json", "--limit", "500").document
    assert {"name", "group", "kind", "unit", "count", "examples", "aliases"} <= listed[0].keys()
    assert {"instrument", "acceleration_voltage", "is"} <= {one["name"] for one in listed}
    assert len(there("fields", "--limit", "3", "--json").document) == 3
    assert "No field has 'zzz'" in there("fields", "zzz").err


def test_nothing_found_is_an_answer(there: Lims) -> None:
    assert there("search", "no-such-word-anywhere", "--json").document["total"] == 0


def test_a_wrong_unit_is_a_sentence(there: Lims) -> None:
    said = there("search", "voltage:>=200nm")
    assert said.code == 2
    assert "voltage" in said.err


def test_as_of_takes_a_snapshot_a_date_or_a_time() -> None:
    assert as_of_moment("42", NOW) == 42
    assert as_of_moment("2018-11-13T10:00:00Z", NOW) == datetime(2018, 11, 13, 10, tzinfo=UTC)
    assert as_of_moment("2026-11-20T23:59+00:00", NOW) == NOW
    day = as_of_moment("2018-11-13", NOW)
    assert isinstance(day, datetime)
    local = day.astimezone()
    assert (local.date().isoformat(), local.hour) == ("2018-11-13", 23)
    with pytest.raises(Invalid):
        as_of_moment("yesterday", NOW)


def test_show_record_has_the_promised_fields(there: Lims, filled: Any) -> None:
    shown = there("show", filled[1].record, "--json").document
    assert {"id", "kind", "title", "session", "reservation", "activities", "samples", "project"} <= shown.keys()
    assert {"instrument", "user", "start", "end", "notes"} <= shown["session"].keys()
    assert {"id", "start", "end", "setup", "datasets"} <= shown["activities"][0].keys()
    assert (shown["id"], shown["kind"], shown["samples"]) == (filled[1].record, "record", ["17-4-secret"])


def test_show_dataset_has_the_promised_fields(there: Lims, filled: Any) -> None:
    shown = there("show", filled[1].dataset, "--json").document
    promised = {
        "id",
        "kind",
        "store",
        "key",
        "bytes",
        "sha256",
        "format",
        "status",
        "session",
        "normalised",
        "metadata",
    }
    assert promised | {"preview", "failures", "tags"} <= shown.keys()
    assert shown["key"].endswith(HOSTILE)


@pytest.mark.parametrize("kind", ["record", "dataset", "session", "run"])
def test_show_says_it_in_words_too(there: Lims, filled: Any, kind: str) -> None:
    thing = getattr(filled[1], kind)
    said = there("show", thing)
    assert said.code == 0
    assert said.out.splitlines()[0].split() == [kind, thing]
    assert there("show", thing, "--json").document["kind"] == kind


@pytest.mark.parametrize("name", ["titan", "Titan TEM", "tit"])
def test_show_knows_an_instrument_by_id_name_or_beginning(there: Lims, name: str) -> None:
    shown = there("show", name, "--json").document
    assert (shown["id"], shown["kind"], shown["timezone"]) == ("titan", "instrument", "America/New_York")


@pytest.mark.parametrize("thing", ["rec-0000000000", "dat-0000000000", "ses-0000000000", "run-0000000000", "nosuch"])
def test_show_of_what_is_not_there_is_no(there: Lims, thing: str) -> None:
    said = there("show", thing, "--json")
    assert (said.code, said.out) == (1, "")
    assert thing in said.err


@pytest.mark.parametrize("kind", ["record", "dataset"])
def test_get_brings_the_files_whole(there: Lims, filled: Any, tmp_path: Path, kind: str) -> None:
    said = there("get", getattr(filled[1], kind), "--to", str(tmp_path / "new" / "folder"), "--json")
    (got,) = said.document["files"]
    original = filled[0] / "store" / "Titan_TEM" / HOSTILE
    assert Path(got["path"]).name == HOSTILE
    assert Path(got["path"]).read_bytes() == original.read_bytes()
    assert (got["verified"], got["bytes"]) == (True, original.stat().st_size)
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == [HOSTILE]


def test_get_keeps_the_folders_of_a_record(lims: Lims, tmp_path: Path) -> None:
    folder = write_facility(tmp_path / "facility")
    start = datetime.now(UTC) - timedelta(hours=1)
    for name, minutes in (("a", 5), ("b", 10)):
        inner = folder / "store" / "Titan_TEM" / "evening" / name
        inner.mkdir(parents=True)
        write_picture(inner / "img.tif", start + timedelta(minutes=minutes))
        (inner / "img.tif").open("ab").write(name.encode())
        os.utime(inner / "img.tif", ((start + timedelta(minutes=minutes)).timestamp(),) * 2)
    with LocalFacility(folder) as facility:
        session = facility.start_session("titan", at=start, end=start + timedelta(minutes=30))
        facility.harvest(session=session.id)
    to = tmp_path / "here"
    said = lims("--facility", str(folder), "get", record_id_of(session.id), "--to", str(to), "--json")
    assert said.code == 0
    assert {path.relative_to(to).as_posix() for path in to.rglob("*.tif")} == {"a/img.tif", "b/img.tif"}
    assert (to / "b" / "img.tif").read_bytes()[-1:] == b"b"


def test_get_brings_the_rest_of_a_record_when_a_file_is_gone(lims: Lims, tmp_path: Path) -> None:
    folder = write_facility(tmp_path / "facility")
    start = datetime.now(UTC) - timedelta(hours=1)
    for name, minutes in (("a.tif", 5), ("b.tif", 10)):
        write_picture(folder / "store" / "Titan_TEM" / name, start + timedelta(minutes=minutes))
    with LocalFacility(folder) as facility:
        session = facility.start_session("titan", at=start, end=start + timedelta(minutes=30))
        facility.harvest(session=session.id)
    (folder / "store" / "Titan_TEM" / "a.tif").unlink()
    to = tmp_path / "here"
    said = lims("--facility", str(folder), "get", record_id_of(session.id), "--to", str(to), "--json")
    assert said.code == 1
    assert [path.name for path in to.rglob("*.tif")] == ["b.tif"]
    assert [one["name"] for one in json.loads(said.out)["missed"]] == ["a.tif"]


def test_get_never_overwrites(there: Lims, filled: Any, tmp_path: Path) -> None:
    there("get", filled[1].dataset, "--to", str(tmp_path))
    assert there("get", filled[1].dataset, "--to", str(tmp_path)).code == 0
    mine = tmp_path / HOSTILE
    mine.chmod(0o644)
    mine.write_bytes(b"my own")
    said = there("get", filled[1].dataset, "--to", str(tmp_path))
    assert (said.code, mine.read_bytes()) == (1, b"my own")
    assert "--to" in said.err


def test_attention_lists_what_waits_for_a_person(there: Lims) -> None:
    assert there("attention").code == 0
    assert isinstance(there("attention", "--json").document, list)
