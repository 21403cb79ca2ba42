"""Questions about where things came from, asked of one small story in which nothing is really run."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lims.errors import Forbidden, Invalid, NotFound
from lims.facility.local import LocalFacility
from lims.facility.provenance import whole
from lims.model import Principal
from lims.provenance.content import byte_hash, content_hash
from tests.facilities import write_facility

YEAR = datetime(2024, 1, 1, tzinfo=UTC)
OLD, NEW = ({"packages": {"numpy": version, "Scikit.Image": "0.26"}, "used": ["numpy"]} for version in ("1.26", "2.4"))


@dataclass(frozen=True)
class Story:
    """Two pictures, one of each of two instruments; a figure made in two steps of Eve, and a sum of both."""

    facility: LocalFacility
    folder: Path
    ids: dict[str, str]
    runs: dict[str, str]

    def names(self, graph: Any) -> list[str]:
        return [one.name for one in graph.nodes]


def picture(path: Path, seed: int) -> Path:
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (32, 32), dtype=np.uint8)).save(path)
    return path


def notebook(path: Path, *cells: str) -> Path:
    about = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    made = [{**about, "id": f"c{number}", "source": source} for number, source in enumerate(cells)]
    path.write_text(json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    place = tmp_path_factory.mktemp("tracing")
    folder = write_facility(place / "facility")
    raw = {"eve.tif": folder / "store/Titan_TEM/eve.tif", "slice.tif": folder / "store/FIB-2/slice.tif"}
    with LocalFacility(folder) as facility:
        for number, path in enumerate(raw.values()):
            picture(path, number)
        facility.harvest(all=True)
        ids = {name: facility.locate(str(path)).id for name, path in raw.items()}
        runs: dict[str, str] = {}

        def step(
            name: str, parents: list[str], relation: str, about: dict[str, Any], *cells: str, **params: Any
        ) -> None:
            source = notebook(place / "step.ipynb", *cells)
            run = facility.begin_run("step.ipynb", parameters=params, environment=about)
            facility.save_derived(source, source.name, run=run.id, part="source")
            for parent in parents:
                facility.record_read(run.id, ids[parent])
            path = picture(place / name, len(ids))
            given = [ids[parent] for parent in parents]
            hashes = {"content_hash": content_hash(path)}
            made = facility.save_derived(
                path, name, parents=given, relation=relation, params=params, run=run.id, **hashes
            )
            facility.finish_run(run.id, "done")
            ids[name], runs[name] = made.id, run.id

        step("fft.png", ["eve.tif"], "FFT", OLD, "a = 1", "print(a)", window="hann")
        step("figure.png", ["fft.png"], "figure of", NEW, "a = 2", "print(a)", window="none")
        step("sum.png", ["eve.tif", "slice.tif"], "sum", NEW, "a = 2", "print(a)")
        yield Story(facility, place, ids, runs)


def test_ancestors_and_descendants_come_nearest_first_and_a_page_at_a_time(story):
    facility, ids = story.facility, story.ids
    assert story.names(facility.lineage(ids["figure.png"], "ancestors")) == ["figure.png", "fft.png", "eve.tif"]
    descendants = facility.lineage(ids["eve.tif"], "descendants")
    assert set(story.names(descendants)) == {"eve.tif", "fft.png", "sum.png", "figure.png"}
    assert story.names(descendants)[-1] == "figure.png"
    page = facility.lineage(ids["eve.tif"], "descendants", limit=3)
    assert (len(page.nodes), page.total, page.next) == (3, 4, 3)
    rest = facility.lineage(ids["eve.tif"], "descendants", limit=3, offset=3)
    assert (story.names(rest), rest.next) == (["figure.png"], None)
    both = whole(lambda offset: facility.lineage(ids["eve.tif"], "descendants", limit=3, offset=offset))
    assert both.nodes == descendants.nodes
    assert sorted(both.edges, key=str) == sorted(descendants.edges, key=str)
    assert (len(both.nodes), len(both.edges), both.total, both.next) == (4, 3, 4, None)
    with pytest.raises(Invalid, match="limit"):
        facility.lineage(ids["eve.tif"], limit=0)


def test_what_two_things_have_both_come_from_is_the_nearest_such_thing(story):
    facility, ids = story.facility, story.ids
    found = facility.common_ancestors(ids["figure.png"], ids["sum.png"])
    assert found.nearest == (ids["eve.tif"],)
    assert set(story.names(found.ways)) == {"eve.tif", "fft.png", "figure.png", "sum.png"}
    assert facility.common_ancestors(ids["figure.png"], ids["fft.png"]).nearest == (ids["fft.png"],)
    assert facility.common_ancestors(ids["eve.tif"], ids["slice.tif"]).nearest == ()


def test_the_way_from_one_thing_to_another_is_the_shortest(story):
    facility, ids = story.facility, story.ids
    way = facility.path(ids["eve.tif"], ids["figure.png"])
    assert {(edge["from"], edge["to"]) for edge in way.edges} == {
        (ids["eve.tif"], ids["fft.png"]),
        (ids["fft.png"], ids["figure.png"]),
    }
    assert [edge["sentence"] for edge in way.edges if edge["relation"] == "FFT"] == ["fft.png is the FFT of eve.tif"]
    assert set(story.names(facility.path(ids["figure.png"], ids["sum.png"]))) >= {"eve.tif"}
    assert facility.path(ids["eve.tif"], ids["slice.tif"]).edges == ()


def test_what_rests_on_a_file_on_an_instrument_in_some_time_or_on_a_version_of_a_package_is_found(story):
    facility, ids = story.facility, story.ids
    names = lambda **what: set(story.names(facility.resting_on(**what)))  # noqa: E731
    assert names(dataset=ids["slice.tif"]) == {"sum.png"}
    assert names(instrument="titan") == {"fft.png", "figure.png", "sum.png"}
    assert names(instrument="fib") == {"sum.png"}
    now = datetime.now(UTC)
    assert names(instrument="titan", after=now - timedelta(days=1), before=now) == names(instrument="titan")
    assert names(instrument="titan", before=YEAR) == set()
    assert names(package="numpy==1.26") == {"fft.png", "figure.png"}, "what was made of it rests on it too"
    assert names(package="NumPy==2.4") == {"figure.png", "sum.png"}
    assert names(package="numpy") == {"fft.png", "figure.png", "sum.png"}
    assert names(package="scikit-image") == set(), "it was there, and nothing has used it"
    with pytest.raises(Invalid, match="Resting on what"):
        facility.resting_on(dataset=ids["eve.tif"], package="numpy")
    with pytest.raises(NotFound):
        facility.resting_on(instrument="no-such")


def test_what_changed_between_two_runs_is_told_by_cells_parameters_inputs_and_environment(story):
    facility, runs = story.facility, story.runs
    found = facility.compare_runs(runs["fft.png"], runs["figure.png"])
    assert not found["same"]
    assert "a = 2" in found["code"]["text"]
    assert "print(a)" not in [line[1:] for line in found["code"]["text"].splitlines() if line[:1] in "+-"]
    assert [(one["name"], one["before"], one["after"]) for one in found["parameters"]] == [("window", "hann", "none")]
    assert {one["name"] for one in found["inputs"]} == {"eve.tif", "fft.png"}
    assert {one["what"] for one in found["environment"]["changes"]} == {"package numpy"}
    assert facility.compare_runs(runs["fft.png"], runs["fft.png"])["same"]


def test_which_run_made_a_picture_is_known_by_its_bytes_and_by_its_content(story, tmp_path):
    facility, ids, runs = story.facility, story.ids, story.runs
    kept = Path(str(facility.location(ids["figure.png"]).path))
    (maker,) = facility.made_by(byte_hash(kept), content_hash(kept))
    assert (maker.dataset, maker.same_bytes, maker.runs) == (ids["figure.png"], True, (runs["figure.png"],))

    again = tmp_path / "from my slides.png"
    Image.open(kept).save(again, compress_level=1)
    assert byte_hash(again) != byte_hash(kept)
    (maker,) = facility.made_by(byte_hash(again), content_hash(again))
    assert (maker.dataset, maker.same_bytes, maker.runs) == (ids["figure.png"], False, (runs["figure.png"],))

    other = picture(tmp_path / "other.png", 99)
    assert facility.made_by(byte_hash(other), content_hash(other)) == []


def test_a_relation_that_would_close_a_circle_is_refused_and_nothing_changes(story):
    facility, ids = story.facility, story.ids
    before = facility.lineage(ids["eve.tif"])
    with pytest.raises(Invalid, match="circle"):
        facility.relate(ids["fft.png"], ids["figure.png"], "x")
    with pytest.raises(Invalid, match="circle"):
        facility.relate(ids["fft.png"], ids["fft.png"], "x")
    with pytest.raises(Invalid, match="is raw"):
        facility.relate(ids["eve.tif"], ids["fft.png"], "x")
    assert facility.lineage(ids["eve.tif"]) == before


def test_a_warning_is_for_who_may_correct_and_has_a_reason(story):
    facility, ids = story.facility, story.ids
    stranger = Principal("stranger")
    with pytest.raises(NotFound):
        facility.run_as(stranger, "mark_bad", {"dataset": ids["eve.tif"], "reason": "x"})
    with pytest.raises(Invalid, match="Why is it bad"):
        facility.mark_bad(ids["eve.tif"], " ")


def test_what_rests_on_a_bad_file_is_stale_until_the_warning_is_taken_back(story):
    facility, ids = story.facility, story.ids
    stale = lambda: {one.name: bool(one.stale) for one in facility.lineage(ids["eve.tif"], "descendants").nodes}  # noqa: E731
    none = dict.fromkeys(("eve.tif", "fft.png", "figure.png", "sum.png"), False)
    assert stale() == none
    facility.mark_bad(ids["fft.png"], "the wrong window")
    assert stale() == none | {"figure.png": True}
    facility.unsettle(ids["fft.png"], "bad")
    assert stale() == none


def test_a_run_is_added_to_and_closed_by_its_own_user_once(story):
    facility, runs = story.facility, story.runs
    with pytest.raises((Forbidden, NotFound)):
        facility.run_as(Principal("stranger"), "finish_run", {"run": runs["fft.png"], "status": "done"})
    with pytest.raises(Exception, match="has ended already"):
        facility.finish_run(runs["fft.png"], "failed")
