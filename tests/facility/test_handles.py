"""What a search gives back to Python, the same here and through a service, while the catalog goes on."""

import random
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lims.errors import Conflict, Invalid, Unavailable
from lims.facility import handles
from lims.facility.facility import Facility
from lims.facility.handles import Results
from lims.facility.local import LocalFacility
from lims.model import Principal
from tests.facilities import write_facility
from tests.filled import HOSTILE, fill
from tests.services import Service

MANY = 23


class Counting:
    """A facility that counts what it is asked."""

    def __init__(self, facility: Facility, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[dict[str, Any]] = []
        really = facility.search_page

        def search_page(query: str = "", **options: Any) -> Any:
            self.asked.append(options)
            return really(query, **options)

        monkeypatch.setattr(facility, "search_page", search_page)


@pytest.fixture(scope="module", params=["local", "remote"])
def many(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facility]:
    """A facility with many records, to be read only."""
    made = write_facility(tmp_path_factory.mktemp(request.param) / "facility")
    with LocalFacility(made) as facility:
        start = datetime(2026, 3, 1, tzinfo=UTC)
        for number in range(MANY):
            at, title = start + timedelta(hours=number), f"session {number:02}"
            end = at + timedelta(minutes=30)
            facility.start_session("titan", title=title, at=at, end=end, project=f"P{number % 3}")
        if request.param == "local":
            yield facility
            return
    with Service(made) as service, closing(service.start()) as reached:
        yield reached


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handles, "PAGE", 4)


def names(found: Any) -> list[str]:
    return [one.name for one in found]


EXPECTED = [f"session {number:02}" for number in reversed(range(MANY))]


def test_nothing_is_asked_before_it_is_needed_and_nothing_more(many: Facility, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counting(many, monkeypatch)
    found = many.search("session", kind="record")
    assert counted.asked == []
    assert len(found) == MANY
    assert found
    assert [asked["limit"] for asked in counted.asked] == [0], "how many there are is asked without any of them"
    assert found[5].name == EXPECTED[5]
    assert found[4].name == EXPECTED[4]
    assert len(counted.asked) == 2, "two of one page are one question"
    assert found[0:3] == found[0:3]
    assert len(counted.asked) == 3


def test_the_first_is_one_question(many: Facility, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counting(many, monkeypatch)
    found = many.search("session", kind="record")
    assert (found[0].name, len(found), found.total) == (EXPECTED[0], MANY, MANY)
    assert len(counted.asked) == 1


def test_a_loop_goes_through_all_pages_by_the_cursor(many: Facility, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counting(many, monkeypatch)
    found = many.search("session", kind="record")
    assert names(found) == EXPECTED
    assert names(found) == EXPECTED
    assert len(counted.asked) == -(-MANY // handles.PAGE), "a second loop asks nothing"
    assert sum("offset" in asked for asked in counted.asked) == 1


def test_a_loop_that_ends_early_asks_no_more(many: Facility, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counting(many, monkeypatch)
    assert next(iter(many.search("session", kind="record"))).name == EXPECTED[0]
    assert len(counted.asked) == 1


def test_places_and_slices_are_those_of_a_list(many: Facility) -> None:
    chance = random.Random(7)
    found = many.search("session", kind="record")
    assert (found[-1].name, found[-MANY].name) == (EXPECTED[-1], EXPECTED[0])
    for _ in range(60):
        ends = [chance.choice([None, *range(-MANY - 3, MANY + 4)]) for _ in range(2)]
        asked = slice(*ends, chance.choice([None, 1, 2, 5, -1, -3]))
        assert names(found[asked]) == EXPECTED[asked], asked
    for place in (MANY, -MANY - 1, 10**9):
        with pytest.raises(IndexError, match=f"of {MANY}"):
            found[place]
    assert names(reversed(found)) == EXPECTED[::-1]


def test_few_pages_are_kept_and_others_asked_again(many: Facility, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handles, "KEPT", 2)
    found = many.search("session", kind="record")
    assert names(found) == EXPECTED
    assert len(found.pages) == 2
    assert found[0].name == EXPECTED[0]


def test_nothing_found_is_false_and_empty(many: Facility) -> None:
    found = many.search("no-such-word", kind="record")
    assert not found
    assert (list(found), found[:3], found.to_arrow().num_rows, repr(found).splitlines()[-1]) == (
        [], [], 0, "(0 results for no-such-word)",
    )  # fmt: skip
    with pytest.raises(IndexError):
        found[0]


def test_facets_of_one_field_or_of_several(many: Facility) -> None:
    found = many.search("session", kind="record", filters={"project": ["P0", "P1"]})
    assert [(one.value, one.count) for one in found.facets("project")][:2] == [("P0", 8), ("P1", 8)]
    both = found.facets("project", "instrument")
    assert [*both] == ["project", "instrument"]
    assert both["project"] == found.facets("project")
    assert [(one.value, one.count) for one in both["instrument"]] == [("titan", 16)]


def test_a_table_is_all_results_in_their_order(many: Facility) -> None:
    found = many.search("session", kind="record", sort="oldest", filters={"project": ["P0", "P1"]})
    table = found.to_arrow()
    assert table.schema.field("name").type == pa.string()
    assert table["name"].to_pylist() == names(found)
    frame = found.to_pandas(columns=["name", "project", "at", "tag"])
    assert list(frame["name"]) == names(found)
    assert list(frame.columns) == ["name", "project", "at", "tag"]
    assert str(frame["at"].dt.tz) == "UTC"
    assert found.to_arrow("name").column_names == ["name"], "one name is one column"


def test_a_table_with_a_column_that_is_none_or_too_many_rows_is_a_sentence(many: Facility) -> None:
    found = many.search("session", kind="record")
    with pytest.raises(Invalid, match="There is no field 'voltag'"):
        found.to_arrow(["name", "voltag"])
    with pytest.raises(Invalid, match=f"There are {MANY} results.*22 rows"):
        found.to_pandas(limit=22)
    with pytest.raises(Invalid, match="columns must be a JSON list"):
        many.call("search_table", object, columns='{"a": 1}')


def test_polars_where_it_is_not_installed_is_a_sentence(many: Facility, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(Unavailable, match="Polars is not installed"):
        many.search("session").to_polars()


def test_a_bad_query_is_a_sentence_where_it_is_needed_and_where_it_is_shown(many: Facility) -> None:
    found = many.search("voltage:>=200nm")
    with pytest.raises(Invalid, match="does not fit"):
        len(found)
    assert "does not fit" in repr(found)
    assert "does not fit" in found._repr_html_()


def test_what_a_notebook_shows_is_the_first_few_and_how_many(many: Facility) -> None:
    found = many.search("session", kind="record")
    assert EXPECTED[0] in repr(found)
    assert EXPECTED[10] not in repr(found)
    assert f"{MANY} results for session, of which 10 are shown" in repr(found)
    assert found._repr_html_().count("<tr>") == 11


def test_what_is_shown_of_hostile_names_is_text(facility: Facility, folder: Path) -> None:
    fill(facility, folder)
    found = facility.search("film.tif", kind="dataset")
    assert found[0].name == HOSTILE
    assert len(repr(found).splitlines()) == 3
    assert "<b>" not in found._repr_html_()
    assert "&lt;b&gt;" in found._repr_html_()
    assert found.to_arrow()["name"].to_pylist() == [HOSTILE]
    assert "<i>" not in facility.search("<i>film</i>")._repr_html_()
    assert "<img" not in facility.search("voltage:>=200<img>")._repr_html_()


def test_real_values_come_with_their_units(facility: Facility, folder: Path, sample_data: Path) -> None:
    for name in ("test_STEM_image.dm3", "test_diffraction_pattern.dm3"):
        (folder / "store" / "Titan_TEM" / name).write_bytes((sample_data / "vendor" / "dm3" / name).read_bytes())
    facility.harvest(path="raw:Titan_TEM")
    found = facility.search("format:dm3", kind="dataset", sort="name")
    table = found.to_arrow(["id", "voltage", "Microscope_Info.Voltage", "bytes"])
    assert table["id"].to_pylist() == [one.id for one in found]
    assert table["voltage"].to_pylist() == [pytest.approx(200e3)] * 2
    assert table["Microscope_Info.Voltage"].to_pylist() == [pytest.approx(200e3)] * 2
    assert table.schema.field("voltage").metadata == {b"unit": b"V"}
    assert table["bytes"].to_pylist() == [one.hit.bytes for one in found]
    assert found[0].open().data.ndim == 2


# --- while the catalog goes on


def log(facility: Facility, *titles: str) -> None:
    for title in titles:
        facility.end_session(facility.start_session("titan", title=title).id)


def test_what_was_found_stays_what_it_was(facility: Facility, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handles, "PAGE", 2)
    log(facility, "one", "two", "three")
    expected = [one.name for one in facility.search_page(kind="record").items]
    results = facility.search(kind="record")
    assert len(results) == 3
    facility.start_session("titan", title="newest")
    assert results[2].name == expected[2]
    assert names(results) == expected
    assert list(results.to_pandas()["name"]) == expected
    then = results.page(0).snapshot
    assert results.facets("state") == facility.search(kind="record", as_of=then).facets("state")
    assert sum(one.count for one in results.facets("state")) == 3


def test_a_loop_neither_doubles_nor_loses_what_comes_and_goes_meanwhile(
    facility: Facility, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handles, "PAGE", 2)
    log(facility, *(f"s{number}" for number in range(7)))
    found = facility.search(kind="record")
    looped = []
    for one in found:
        looped.append(one.name)
        if len(looped) in (2, 4):
            log(facility, f"new {len(looped)}")
    assert looped == [f"s{number}" for number in reversed(range(7))]


def test_results_that_one_may_no_longer_see_are_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handles, "PAGE", 2)
    with LocalFacility(folder) as facility:
        log(facility, "one", "two", "three")
        results = facility.search(kind="record")
        assert len(results) == 3
        results.options["filters"] = {"state": ["cancelled"]}  # stands for a right that was withdrawn in between
        with pytest.raises(Conflict, match="no longer"):
            results[2]


def test_each_gets_the_table_of_what_they_see(folder: Path) -> None:
    with LocalFacility(folder) as facility:
        filled = fill(facility, folder)
        facility.principal = Principal("ada")
        assert filled.dataset in facility.search("").to_arrow()["id"].to_pylist()
        facility.principal = Principal("bob")
        assert Results(facility, "", {"filters": None}).to_arrow().num_rows == 0
