"""What every Facility does, opened in this process or reached through a service."""

import hashlib
import os
import shutil
import struct
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lims.errors import Conflict, Invalid, NotFound
from lims.facility.facility import Facility
from lims.facility.local import LocalFacility
from lims.facility.views import Content, DatasetView
from lims.model import Principal, Session

STRANGER = Principal("stranger")


def session_with_an_image(facility: Facility, folder: Path, sample_data: Path) -> Session:
    """A session of the last hour with one real image in it, harvested."""
    start = datetime.now(UTC) - timedelta(hours=1)
    image = folder / "store" / "Titan_TEM" / "test_STEM_image.dm3"
    shutil.copyfile(sample_data / "vendor" / "dm3" / "test_STEM_image.dm3", image)
    moment = (start + timedelta(minutes=10)).timestamp()

    os.utime(image, (moment, moment))
    session = facility.start_session(
        "titan", title="Carbon film", project="AM-12", sample="17-4-500C", at=start, end=start + timedelta(minutes=30)
    )
    facility.harvest(session=session.id)
    return session


def test_a_session_becomes_a_record_with_its_image(facility: Facility, folder: Path, sample_data: Path) -> None:
    session = session_with_an_image(facility, folder, sample_data)
    (found,) = facility.search("carbon", kind="record")
    record = facility.record(found.id)
    assert record.session.id == session.id
    assert record.record.state == "complete"
    assert [tile.name for activity in record.activities for tile in activity.datasets] == ["test_STEM_image.dm3"]
    assert record.project == "AM-12"
    assert record.samples == ("17-4-500C",)


def test_a_person_corrects_a_value_and_no_later_reading_takes_it_away(
    facility: Facility, folder: Path, sample_data: Path
) -> None:
    session_with_an_image(facility, folder, sample_data)
    (found,) = facility.search("format:dm3", kind="dataset")
    view = facility.correct_value(found.id, "voltage", "80 kV", "read off the desk")
    assert view.normalised["acceleration_voltage"].value == pytest.approx(80e3)
    assert view.normalised["acceleration_voltage"].others[0].value == pytest.approx(200e3)
    assert [one.action for one in facility.history(found.id).entries][-1] == "dataset.correct"
    assert facility.compare_extractors(all=True, adopt=True)["adopted"] == 1
    assert facility.dataset(found.id).normalised["acceleration_voltage"].origin == "person"
    facility.withdraw_correction(found.id, "acceleration_voltage")
    assert facility.dataset(found.id).normalised["acceleration_voltage"].value == pytest.approx(200e3)


def test_a_dataset_carries_its_metadata_checksum_and_preview(
    facility: Facility, folder: Path, sample_data: Path
) -> None:
    session_with_an_image(facility, folder, sample_data)
    (found,) = facility.search("format:dm3", kind="dataset")
    dataset = facility.dataset(found.id)
    original = sample_data / "vendor" / "dm3" / "test_STEM_image.dm3"
    assert dataset.sha256 == hashlib.sha256(original.read_bytes()).hexdigest()
    assert dataset.normalised["acceleration_voltage"].value == pytest.approx(200e3)
    assert dataset.normalised["acceleration_voltage"].unit == "V"
    assert dataset.metadata["ImageSourceList"]
    preview = facility.preview(dataset.id)
    data = preview.data or (preview.path.read_bytes() if preview.path else b"")
    assert data[:4] == b"RIFF"
    assert data[8:12] == b"WEBP"


def test_many_thumbnails_come_in_one_frame(facility: Facility, folder: Path, sample_data: Path) -> None:
    session_with_an_image(facility, folder, sample_data)
    (found,) = facility.search("format:dm3", kind="dataset")
    frame = facility.call("thumbnails", Content, ids=[found.id, "dat-0000000000"]).data
    assert frame is not None
    count, first, second = struct.unpack_from("<3I", frame)
    assert count == 2
    assert second == 0
    assert frame[12 : 12 + 4] == b"RIFF"
    assert len(frame) == 12 + first


def test_a_fetched_file_is_the_original(facility: Facility, folder: Path, sample_data: Path, tmp_path: Path) -> None:
    session_with_an_image(facility, folder, sample_data)
    (found,) = facility.search("format:dm3", kind="dataset")
    location = facility.location(found.id)
    facility.fetch(found.id, location.files[0].key, tmp_path / "copy.dm3")
    original = sample_data / "vendor" / "dm3" / "test_STEM_image.dm3"
    assert (tmp_path / "copy.dm3").read_bytes() == original.read_bytes()


def test_the_same_request_key_starts_one_session_also_at_once(facility: Facility) -> None:
    with ThreadPoolExecutor(4) as people:
        started = list(people.map(lambda _: facility.start_session("titan", title="x", request_key="k-1"), range(4)))
    assert len({session.id for session in started}) == 1
    assert len(facility.sessions(instrument="titan")) == 1


def test_a_request_key_means_one_request_and_no_other(facility: Facility) -> None:
    session = facility.start_session("titan", title="x", request_key="k-1")
    with pytest.raises(Conflict, match="k-1"):
        facility.note_session(session.id, "this must not be lost in silence", request_key="k-1")
    with pytest.raises(Conflict, match="k-1"):
        facility.start_session("titan", title="y", request_key="k-1")
    assert facility.start_session("titan", title="x", request_key="k-1").id == session.id


def test_the_python_line_of_a_search_gives_the_same(facility: Facility, tmp_path: Path) -> None:
    (tmp_path / "made").write_text("spots")
    for name in ("a.txt", "b.txt", "c.txt"):
        facility.save_derived(tmp_path / "made", name)
    page = facility.search_page("is:derived", kind="dataset", limit=2, offset=1, sort="name")
    assert page.total == 3
    found = eval(page.python, {"facility": facility})
    assert [one.id for one in found[1:3]] == [one.id for one in page.items]


def test_two_starts_are_a_conflict_that_says_what_to_do(facility: Facility) -> None:
    first = facility.start_session("titan", title="first")
    with pytest.raises(Conflict) as told:
        facility.start_session("titan", title="second")
    assert first.id in str(told.value)
    assert told.value.hint


def test_the_catalog_tells_its_shape_and_its_index_is_verified_and_made_anew(
    facility: Facility, folder: Path, sample_data: Path
) -> None:
    session_with_an_image(facility, folder, sample_data)
    before = facility.catalog_status()
    assert {one.name: one.rows for one in before.tables}["dataset"] == 1
    assert (before.keep_days, before.upkeep.trouble, before.progress) == (366, "", None)
    check = facility.verify_index()
    assert (check.datasets, check.documents, check.counts, check.differences) == (1, 1, {}, ())
    done = facility.rebuild_index()
    assert (done.datasets, done.words, done.leaves) == (1, check.words, check.leaves)
    assert facility.catalog_status().snapshot > before.snapshot
    assert facility.catalog_progress() == []
    assert len(facility.search("format:dm3", kind="dataset")) == 1
    assert facility.verify_index().counts == {}


def test_an_unknown_instrument_is_named(facility: Facility) -> None:
    with pytest.raises(NotFound, match="titanic"):
        facility.start_session("titanic")


def test_an_old_snapshot_still_shows_the_old_title(facility: Facility) -> None:
    session = facility.start_session("titan", title="Old words")
    before = facility.place().snapshot
    facility.edit_session(session.id, {"title": "New words"})
    assert facility.search("words", kind="record").page(0).items[0].name == "New words"
    then = facility.search("words", kind="record", as_of=before)
    assert [found.name for found in then] == ["Old words"]


def test_every_change_is_in_the_history(facility: Facility) -> None:
    session = facility.start_session("titan", title="one")
    facility.edit_session(session.id, {"title": "two"})
    facility.end_session(session.id)
    entries = facility.history(session.id).entries
    assert [entry.by for entry in entries] == ["m.keller"] * len(entries)
    assert len(entries) >= 3
    assert any(entry.before and entry.before.get("title") == "one" for entry in entries)


def test_tags_are_put_on_and_taken_off(facility: Facility) -> None:
    session = facility.start_session("titan", title="tagged")
    (found,) = facility.search("tagged", kind="record")
    assert facility.add_tag(found.id, "best & brightest") == ["best & brightest"]
    assert [hit.id for hit in facility.search('tag:"best & brightest"', kind="record")] == [found.id]
    assert facility.remove_tag(found.id, "best & brightest") == []
    assert session.is_open


def test_a_derived_file_leads_back_to_its_raw_file(
    facility: Facility, folder: Path, sample_data: Path, tmp_path: Path
) -> None:
    session_with_an_image(facility, folder, sample_data)
    (raw,) = facility.search("format:dm3", kind="dataset")
    made = tmp_path / "Eve_FFT.txt"
    made.write_text("spots")
    run = facility.begin_run("fft.ipynb", parameters={"window": "hann"})
    derived = facility.save_derived(
        made, "Eve_FFT.txt", parents=[raw.id], relation="FFT", params={"window": "hann"}, run=run.id
    )
    closed = facility.finish_run(run.id, "done")
    assert [one.id for one in closed.inputs] == [raw.id]
    assert [one.id for one in closed.outputs] == [derived.id]
    lineage = facility.lineage(derived.id, "ancestors")
    (edge,) = [edge for edge in lineage.edges if edge["from"] == raw.id]
    assert edge["to"] == derived.id
    assert edge["relation"] == "FFT"
    assert edge["params"] == {"window": "hann"}
    with pytest.raises(Invalid, match=r"circle|raw"):
        facility.relate(raw.id, derived.id, "made from")


def test_a_result_without_parents_comes_from_what_its_run_had_opened(
    facility: Facility, folder: Path, sample_data: Path, tmp_path: Path
) -> None:
    session_with_an_image(facility, folder, sample_data)
    (raw,) = facility.search("format:dm3", kind="dataset")
    made = tmp_path / "made"
    made.write_text("spots")
    run = facility.begin_run("mine.ipynb")
    before = facility.save_derived(made, "before.txt", run=run.id)
    facility.record_read(run.id, raw.id)
    after = facility.save_derived(made, "after.txt", run=run.id)
    declared = facility.save_derived(made, "declared.txt", run=run.id, parents=[before.id])
    edges = [(edge["from"], edge["to"], edge["source"]) for edge in facility.lineage(run.id).edges]
    assert sorted(edges) == sorted([(raw.id, after.id, "observed"), (before.id, declared.id, "declared")])


def test_a_run_remembers_the_bytes_it_has_read_also_when_the_file_is_another_one_since(
    facility: Facility, folder: Path, sample_data: Path
) -> None:
    session = session_with_an_image(facility, folder, sample_data)
    (raw,) = facility.search("format:dm3", kind="dataset")
    run = facility.begin_run("mine.ipynb")
    assert facility.record_read(run.id, raw.id).inputs == (raw.id,)
    image = folder / "store" / "Titan_TEM" / "test_STEM_image.dm3"
    read, when = hashlib.sha256(image.read_bytes()).hexdigest(), image.stat().st_mtime
    (before,) = facility.run(run.id).inputs
    assert (before.sha256, before.is_changed) == (read, False)
    image.write_bytes(image.read_bytes() + b"\0")
    os.utime(image, (when + 60, when + 60))
    facility.harvest(session=session.id)
    (after,) = facility.run(run.id).inputs
    assert (after.sha256, after.is_changed) == (read, True)
    assert facility.dataset(raw.id).sha256 != read


def test_one_request_several_times_at_once_leaves_one_file(facility: Facility, folder: Path, tmp_path: Path) -> None:
    made = tmp_path / "spots.txt"
    made.write_text("spots")
    tokens = [facility.upload(made) for _ in range(4)]

    def save(token: str) -> str:
        return facility.call("save_derived", DatasetView, upload=token, name="spots.txt", request_key="once").id

    with ThreadPoolExecutor(4) as people:
        assert len(set(people.map(save, tokens))) == 1
    assert [path.name for path in (folder / "derived").rglob("*") if path.is_file()] == ["spots.txt"]


def test_a_derived_file_whose_answer_was_lost_is_there_once(facility: Facility, tmp_path: Path) -> None:
    made = tmp_path / "spots.txt"
    made.write_text("spots")
    asked = {"upload": facility.upload(made), "name": "spots.txt", "request_key": "once"}
    first = facility.call("save_derived", DatasetView, **asked)
    assert facility.call("save_derived", DatasetView, **asked).id == first.id
    again = {**asked, "upload": facility.upload(made)}
    assert facility.call("save_derived", DatasetView, **again).id == first.id
    assert facility.search_page("is:derived").total == 1


def test_a_name_without_an_ending_that_is_taken_stays_in_its_persons_folder(facility: Facility, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.write_text("spots")
    first, second = (facility.save_derived(made, "README") for _ in range(2))
    assert second.key == f"{first.key}-2"


def test_a_result_is_no_orphan(facility: Facility, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.write_text("spots")
    facility.save_derived(made, "spots.txt")
    assert [item for item in facility.attention() if item.kind == "orphan"] == []


def test_a_file_that_nobody_knows_is_not_overwritten(facility: Facility, folder: Path, tmp_path: Path) -> None:
    """As it is left by a kill between the writing of the file and its registration."""
    made = tmp_path / "spots.txt"
    made.write_text("spots")
    first = facility.save_derived(made, "spots.txt")
    left = folder / "derived" / first.key.replace("spots.txt", "spots-2.txt")
    left.write_text("left behind")
    assert facility.save_derived(made, "spots.txt").key == first.key.replace("spots.txt", "spots-3.txt")
    assert left.read_text() == "left behind"


def test_a_file_without_a_picture_says_why(facility: Facility, tmp_path: Path) -> None:
    made = tmp_path / "spots.txt"
    made.write_text("spots")
    dataset = facility.save_derived(made, "spots.txt")
    (hit,) = facility.search_page("is:derived").items
    assert (dataset.preview, dataset.failures) == (None, ())
    assert dataset.no_picture == hit.no_picture == "there is no picture in it (text)"


@pytest.mark.parametrize("name", ["plain.txt", "a & <b> 'c' \"d\" %41 ü;.txt"])
def test_content_comes_under_its_own_name(facility: Facility, tmp_path: Path, name: str) -> None:
    made = tmp_path / "made"
    made.write_text("spots")
    content = facility.call("content", Content, dataset=facility.save_derived(made, name).id)
    assert content.name == name
    assert (content.data or (content.path and content.path.read_bytes())) == b"spots"


def test_a_derived_file_may_not_climb_out_of_its_folder(facility: Facility, tmp_path: Path) -> None:
    made = tmp_path / "x"
    made.write_text("x")
    for name in ("../x", "a/b", "", "..", "new\nline"):
        with pytest.raises(Invalid):
            facility.save_derived(made, name)


def test_a_bad_query_is_refused_with_a_sentence(facility: Facility) -> None:
    with pytest.raises(Invalid):
        facility.search_page('voltage:>=200kg "unclosed')


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("sessions", {"limit": "many"}),
        ("sessions", {"limit": -1}),
        ("thumbnails", {"ids": "dat-0000000000"}),
        ("start_session", {"instrument": "titan", "at": "yesterday"}),
        ("history", {"thing": "a\0b"}),
    ],
)
def test_a_wrong_argument_is_refused_wherever_it_is_asked(
    facility: Facility, operation: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        facility.ask(operation, arguments)


def test_a_time_as_text_means_that_time_wherever_it_is_asked(facility: Facility) -> None:
    asked = {"instrument": "titan", "at": "2018-11-13T12:00:00Z", "end": "2018-11-13T13:00:00Z"}
    assert facility.ask("start_session", asked)["start"] == "2018-11-13T12:00:00Z"


def test_a_stranger_meets_the_same_error_for_hidden_and_for_missing(folder: Path) -> None:
    with LocalFacility(folder) as facility:
        session = facility.start_session("titan", title="secret")
        for thing in (session.id, "ses-0000000000"):
            with pytest.raises(NotFound) as told:
                facility.run_as(STRANGER, "session", {"session": thing})
            assert (
                str(told.value).replace(thing, "ID")
                == "No session 'ID' among those you can see. Check the id with: lims session list"
            )


def test_a_harvest_is_cancelled_by_its_ticket(facility: Facility, folder: Path) -> None:
    files = 400
    for number in range(files):
        (folder / "store" / "Titan_TEM" / f"{number:03}.txt").write_text(f"file {number}\n")
    assert facility.cancel_harvest("mine") == 0
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(facility.harvest, path="raw:Titan_TEM", workers=1, ticket="mine")
        while not asked.done() and not facility.cancel_harvest("mine"):
            pass
        report = asked.result(120)
    assert report["cancelled"]
    assert report["extracted"] < files
    status = facility.harvest_status()
    assert {"bytes_done", "bytes_total", "files_per_s", "bytes_per_s", "remaining_s", "hashing"} <= set(status)
