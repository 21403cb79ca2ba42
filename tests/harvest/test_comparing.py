"""What another version of a reader would say, before and after it is adopted."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lims.catalog import Transaction
from lims.extractors import Job, Outcome, Pool, StepFailure
from lims.harvest import corrected_by_person
from lims.harvest.previews import preview_paths
from lims.model import SYSTEM, Dataset, Extraction, Value
from tests.harvest.conftest import Lab

PICTURE = "vendor/dm3/test_STEM_image.dm3"


@pytest.fixture
def old(lab: Lab, sample_data: Path) -> Dataset:
    """A file as an older version of the reader has read it: no voltage, another title, a tag that is not there."""
    lab.session()
    lab.put("Titan_TEM/a.dm3", sample_data / PICTURE)
    lab.put("Titan_TEM/note.txt", "a note\n")
    lab.harvest(all=True)
    one = lab.datasets()["a.dm3"]
    found = extraction(lab, one)
    said = {name: value for name, value in one.normalised.items() if name != "acceleration_voltage"}
    worse = replace(one, normalised=said | {"title": Value("", "", "Nowhere", "")})
    before = replace(found, extractor_version="0", metadata=found.metadata | {"Gone": "by now"})

    def put(change: Transaction) -> None:
        change.put(worse, action="dataset.read")
        change.put_extraction(one.id, before)

    lab.catalog.write(put, by=SYSTEM)
    return worse


def extraction(lab: Lab, one: Dataset) -> Extraction:
    found = lab.catalog.view(SYSTEM).extraction(one.id)
    assert found is not None
    return found


def told(lab: Lab, **what: Any) -> Any:
    return lab.harvester.compare(what.pop("datasets", None), **what)


def test_only_what_another_version_has_read_is_compared_and_nothing_is_written(lab: Lab, old: Dataset) -> None:
    snapshot = lab.catalog.snapshot()
    found = told(lab)
    assert (found.compared, found.different, found.same, found.adopted) == (1, (old.id,), 0, 0)
    counts = {(one.part, one.name): (one.added, one.removed, one.changed) for one in found.differences}
    assert counts == {
        ("field", "acceleration_voltage"): (1, 0, 0),
        ("field", "title"): (0, 0, 1),
        ("path", "Gone"): (0, 1, 0),
    }
    example = next(one.examples[0] for one in found.differences if one.name == "acceleration_voltage")
    assert (example.before, example.after.partition(" [")[0]) == ("", "200000.0 V")
    assert lab.catalog.snapshot() == snapshot


def test_adopting_keeps_what_is_said_now_and_leaves_nothing_to_compare(lab: Lab, old: Dataset) -> None:
    assert told(lab, adopt=True).adopted == 1
    now = lab.datasets()["a.dm3"]
    assert now.normalised["acceleration_voltage"].value == 200e3
    assert "Gone" not in extraction(lab, now).metadata
    assert (now.session, now.sha256, now.version) == (old.session, old.sha256, old.version)
    assert told(lab).compared == 0
    assert told(lab, datasets=[old.id]).same == 1


def test_what_a_person_corrected_is_no_difference_and_is_never_overwritten(lab: Lab, old: Dataset) -> None:
    better = corrected_by_person(old, "title", Value("Carbon film"), "ada", "as on the box")
    lab.catalog.write(lambda change: change.put(better, action="dataset.correct"), by=SYSTEM)
    found = told(lab, adopt=True)
    assert "title" not in [one.name for one in found.differences]
    title = lab.datasets()["a.dm3"].normalised["title"]
    assert (title.value, title.origin, title.source) == ("Carbon film", "person", "ada")
    assert [one.value for one in title.others] == ["test_STEM_image"]


def test_what_can_no_longer_be_read_is_told_and_stays_as_it_was(lab: Lab, old: Dataset) -> None:
    at = old.modified
    lab.put("Titan_TEM/a.dm3", b"\0\0\0\3" + bytes(old.bytes - 4), at)  # the same size and time: nobody noticed
    found = told(lab, adopt=True)
    assert (found.compared, found.adopted) == (1, 0)
    assert [one.key for one in found.failed] == ["Titan_TEM/a.dm3"]
    assert lab.datasets()["a.dm3"] == old
    assert extraction(lab, old).extractor_version == "0"


def test_a_picture_stays_where_adopting_fails(lab: Lab, old: Dataset) -> None:
    class Tired(Pool):
        """Reads as ever while nobody wants a picture."""

        def __init__(self, pool: Pool) -> None:
            self.pool = pool

        def read_all(self, jobs: Sequence[Job]) -> Generator[Outcome, None, None]:
            late = Outcome(None, (StepFailure("extract", "it was stopped after 60 s", ""),))
            for job in jobs:
                yield late if job.preview else self.pool.run(job.path, job.companions)

    picture = preview_paths(lab.harvester.tools.previews, old.id).large
    before = picture.read_bytes()
    lab.harvester.tools.pool = Tired(lab.harvester.tools.pool)
    found = told(lab, adopt=True)
    assert (len(found.different), found.adopted) == (1, 0)
    assert (lab.datasets()["a.dm3"], picture.read_bytes()) == (old, before)


def test_a_link_to_nowhere_in_place_of_a_file_costs_only_itself(lab: Lab, old: Dataset) -> None:
    path = lab.store / old.key
    path.unlink()
    path.symlink_to("nowhere")
    (failed,) = told(lab).failed
    assert "the harvest comes first" in failed.reason


def test_files_that_changed_since_are_left_to_the_harvest(lab: Lab, old: Dataset) -> None:
    lab.put("Titan_TEM/a.dm3", b"something else")
    (failed,) = told(lab, adopt=True).failed
    assert "the harvest comes first" in failed.reason
    assert lab.datasets()["a.dm3"] == old
