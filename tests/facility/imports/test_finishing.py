"""What comes after the last file: instruments, times, sessions and collections."""

import shutil
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from lims.errors import Unavailable
from lims.facility.facility import Facility
from lims.facility.local import LocalFacility
from lims.importing import collection_id
from lims.model import SYSTEM, Dataset
from tests.facility.imports.conftest import ADA, BOB, EVENING, as_staff, evening


def test_the_folders_are_collections_of_the_owner_with_the_title_at_the_top(ada: LocalFacility, project: Path) -> None:
    report = ada.import_project(project, "AM-12", title="What Eve left")
    assert ["--instrument" in note for note in report.notes] == [True]
    view = ada.desk.catalog.view(ADA)
    by_id = {one.id: one for one in view.collections()}
    top = by_id[report.collection]
    assert (top.title, top.parent, len(top.members)) == ("What Eve left", None, 1)  # notes.txt
    data = by_id[collection_id("imported", "AM-12/old project/data")]
    assert (data.title, data.parent, data.members) == ("data", top.id, ())
    msa = by_id[collection_id("imported", "AM-12/old project/data/msa")]
    assert (msa.parent, len(msa.members)) == (data.id, len(list((project / "data" / "msa").iterdir())))
    assert {one.owner for one in by_id.values()} == {"ada"}
    assert sum(len(one.members) for one in by_id.values()) == report.datasets
    assert ada.desk.catalog.view(BOB).collections() == []
    assert ada.desk.catalog.view(BOB).datasets() == []


def test_sessions_are_guessed_by_long_pauses_and_say_so(facility: Facility, tmp_path: Path) -> None:
    hours = [0, 1, 2, 14, 15]
    source = evening(tmp_path, *(EVENING + timedelta(hours=hour) for hour in hours))
    report = facility.import_project(source, "AM-12", instrument="Titan", title="Old")
    assert [(one.start, one.end, one.files) for one in report.sessions] == [
        (EVENING, EVENING + timedelta(hours=2, seconds=1), 3),
        (EVENING + timedelta(hours=14), EVENING + timedelta(hours=15, seconds=1), 2),
    ]
    record = facility.record(report.sessions[0].record)
    assert (record.record.state, record.record.datasets) == ("complete", 3)
    assert (record.project, record.session.user, record.title) == ("AM-12", facility.me().name, "Old (imported)")
    for words in ("Guessed", "3 files", "imported:AM-12/evening", "0.txt to 2.txt", "8 h"):
        assert words in record.session.notes
    assert report.without_session == 0
    assert [one.files for one in facility.import_project(source, "AM-12", dry_run=True).sessions] == [3, 2]


def test_files_of_no_instrument_are_in_no_session_and_nobody_is_asked_about_them(
    ada: LocalFacility, tmp_path: Path
) -> None:
    report = ada.import_project(evening(tmp_path, EVENING, EVENING + timedelta(hours=1)), "AM-12")
    assert (report.sessions, report.without_session, report.instruments) == ((), 2, {})
    assert ada.search("", kind="dataset").total == 2
    assert ada.attention() == as_staff(ada).attention() == []


def test_the_instrument_is_the_one_that_the_file_names(ada: LocalFacility, tmp_path: Path, sample_data: Path) -> None:
    """They say Titan, FEI Titan, Talos and FEI Tecnai; their times inside are of 2019, 2016, 2017 and 2014."""
    (tmp_path / "p").mkdir()
    for name in ("emd_velox/fei_example_complex_fft.emd", "dm3/test_STEM_image.dm3", "emd_velox/fei_emd_image.emd",
                 "dm3/test_diffraction_pattern.dm3"):  # fmt: skip
        shutil.copyfile(sample_data / "vendor" / name, tmp_path / "p" / Path(name).name)
    report = ada.import_project(tmp_path / "p", "AM-12")
    assert (report.datasets, report.instruments, report.without_session) == (4, {"titan": 2}, 2)
    assert [(one.start.year, one.instrument, one.files) for one in report.sessions] == [
        (2016, "titan", 1), (2019, "titan", 1),
    ]  # fmt: skip
    (image,) = ada.search("test_STEM_image", kind="dataset")
    shown = ada.dataset(image.id)
    assert (shown.instrument, shown.clock, shown.record) == ("titan", "inner", report.sessions[0].record)
    assert "copied later" in shown.clock_note


def test_copies_of_one_moment_make_no_session(ada: LocalFacility, tmp_path: Path) -> None:
    report = ada.import_project(evening(tmp_path, EVENING, EVENING), "AM-12", instrument="titan")
    assert (report.sessions, report.without_session) == ((), 2)
    assert {one.acquired for one in ada.desk.catalog.view(ADA).datasets()} == {None}


def test_an_import_that_is_cancelled_says_so_and_the_same_command_goes_on(
    ada: LocalFacility, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harvester = ada.desk.harvester
    crew = harvester.crew
    source = evening(tmp_path, EVENING, EVENING + timedelta(hours=1))
    with monkeypatch.context() as patch:
        patch.setattr(harvester, "crew", lambda workers: [harvester.cancel(), crew(workers)][1])
        with pytest.raises(Unavailable, match="ended before"):
            ada.import_project(source, "AM-12")
    assert {one.status for one in ada.desk.catalog.view(SYSTEM).datasets()} == {"registered"}
    report = ada.import_project(source, "AM-12")
    assert (report.copied, report.there, report.datasets, report.extracted) == (0, 2, 2, 2)


def sessions_of(facility: LocalFacility) -> dict[str, Dataset]:
    return {one.name: one for one in facility.desk.catalog.view(SYSTEM).datasets()}


def test_what_lies_in_a_session_that_was_logged_joins_it_only_if_it_is_theirs(
    ada: LocalFacility, tmp_path: Path
) -> None:
    """Ada's, then Bob's of another project, then Bob's of this one: between them guesses, that overlap none."""
    staff = as_staff(ada)
    logged = [
        staff.start_session("titan", user=user, project=project, at=EVENING + timedelta(hours=hour),
                            end=EVENING + timedelta(hours=hour, minutes=30))
        for user, project, hour in (("ada", "other", 1), ("bob", "other", 2), ("bob", "AM-12", 3))
    ]  # fmt: skip
    source = evening(tmp_path, *(EVENING + timedelta(minutes=minutes) for minutes in (0, 70, 100, 130, 160, 190, 220)))
    staff.principal = ADA
    report = ada.import_project(source, "AM-12", instrument="titan")
    homes = [sessions_of(ada)[f"{number}.txt"].session for number in range(7)]
    assert homes[1] == logged[0].id
    assert homes[3] is None  # Bob's, of another project
    assert homes[5] is None  # Bob's of this project: it is not hers to change
    guessed = [homes[0], homes[2], homes[4], homes[6]]
    assert len({*guessed, None}) == 5
    assert (report.without_session, len(report.sessions)) == (2, 5)
    spans = sorted((one.start, one.end) for one in ada.desk.catalog.view(SYSTEM).sessions(instrument="titan"))
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans) if earlier[1])
    as_staff(ada).import_project(source, "AM-12", instrument="titan", user="ada")
    assert sessions_of(ada)["5.txt"].session == logged[2].id
    assert sessions_of(ada)["3.txt"].session is None


def test_a_guess_that_its_owner_cancelled_is_not_made_again(ada: LocalFacility, tmp_path: Path) -> None:
    source = evening(tmp_path, EVENING, EVENING + timedelta(hours=1))
    (guess,) = ada.import_project(source, "AM-12", instrument="titan").sessions
    ada.cancel_session(guess.id)
    assert ada.import_project(source, "AM-12", instrument="titan").sessions == ()
