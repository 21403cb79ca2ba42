"""What a search gives back to Python, while the catalog goes on."""

from pathlib import Path

import pytest

from lims.errors import Conflict
from lims.facility import handles
from lims.facility.local import LocalFacility


def test_later_pages_are_of_the_same_moment_as_the_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handles, "PAGE", 2)
    with LocalFacility(folder) as facility:
        for title in ("one", "two", "three"):
            facility.end_session(facility.start_session("titan", title=title).id)
        expected = [one.name for one in facility.search_page(kind="record").items]
        results = facility.search(kind="record")
        assert len(results) == 3
        facility.start_session("titan", title="newest")
        assert [one.name for one in results] == expected
        assert results.facets("state") == facility.search(kind="record", as_of=results.page(0).snapshot).facets("state")


def test_results_that_one_may_no_longer_see_are_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handles, "PAGE", 2)
    with LocalFacility(folder) as facility:
        for title in ("one", "two", "three"):
            facility.end_session(facility.start_session("titan", title=title).id)
        results = facility.search(kind="record")
        assert len(results) == 3
        results.options["filters"] = {"state": ["cancelled"]}  # stands for a right that was withdrawn in between
        with pytest.raises(Conflict, match="no longer"):
            list(results)
