"""An old project brought in: opened in this process or through a service, from a folder, a zip and a tar."""

import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from lims.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from lims.facility.facility import Facility
from lims.facility.imports.importing import Wish, planned, send
from lims.facility.imports.views import ImportedFile, ImportFinished, ImportPlace
from lims.facility.local import LocalFacility
from lims.importing import collection_id, open_source
from lims.model import SYSTEM, Dataset, Principal
from tests.importing.archives import THEN, write_folder, write_zip

ADA, BOB = Principal("ada"), Principal("bob")
EVENING = datetime(2018, 11, 13, 18, tzinfo=UTC)
REAL = ("dm3/test_STEM_image.dm3", "ser_emi", "tiff/FEI-Helios-Ebeam-8bits.tif", "msa")


@pytest.fixture
def project(tmp_path: Path, sample_data: Path) -> Path:
    """Real files of several vendors, as somebody keeps them."""
    folder = tmp_path / "old project"
    for name in REAL:
        source = sample_data / "vendor" / name
        target = folder / "data" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)
    subprocess.run(["chmod", "-R", "u+w", folder], check=True)
    write_folder(folder, ["notes.txt", "Thumbs.db"])
    return folder


@pytest.fixture
def ada(folder: Path) -> Iterator[LocalFacility]:
    with LocalFacility(folder, ADA) as facility:
        yield facility


def as_staff(facility: LocalFacility) -> LocalFacility:
    facility.principal = Principal("m.keller", is_staff=True)
    return facility


def packed(project: Path, kind: str) -> Path:
    if kind == "folder":
        return project
    path = project.parent / f"old project.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for one in sorted(project.rglob("*")):
                archive.write(one, one.relative_to(project))
    else:
        with tarfile.open(path, "w:gz") as tar:
            tar.add(project, ".")
    return path


def files_of(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*") if one.is_file())


def in_store(folder: Path, *parts: str) -> Path:
    return folder.joinpath("imported", *parts)


@pytest.mark.parametrize("kind", ["folder", "zip", "tar.gz"])
def test_every_file_arrives_as_it_was_and_is_read_and_importing_again_adds_nothing(
    facility: Facility, folder: Path, project: Path, kind: str
) -> None:
    files = [one for one in files_of(project) if one.name != "Thumbs.db"]
    first = facility.import_project(packed(project, kind), "AM-12", title="What Eve left")
    assert (first.copied, first.there, first.junk, first.refused) == (len(files), 0, 1, ())
    assert (first.registered, first.extracted, first.failed) == (first.datasets, first.datasets, ())
    assert first.previews >= 4
    top = in_store(folder, "AM-12", "old project")
    for one in files:
        copy = top / one.relative_to(project)
        assert copy.read_bytes() == one.read_bytes()
        assert abs(copy.stat().st_mtime - one.stat().st_mtime) <= (2 if kind == "zip" else 1e-3)
    again = facility.import_project(packed(project, kind), "AM-12")
    assert (again.copied, again.there, again.registered) == (0, len(files), 0)
    assert (again.datasets, again.collection) == (first.datasets, first.collection)
    assert [(one.id, one.files) for one in again.sessions] == [(one.id, one.files) for one in first.sessions]
    assert len(files_of(top)) == len(files)


def test_the_datasets_are_raw_with_checksum_and_metadata_and_companions_stay_together(
    facility: Facility, project: Path
) -> None:
    facility.import_project(project, "AM-12")
    (image,) = facility.search("test_STEM_image", kind="dataset")
    found = facility.dataset(image.id)
    assert (found.origin, found.owner, found.store) == ("raw", facility.me().name, "imported")
    assert found.normalised["acceleration_voltage"].value == pytest.approx(200e3)
    assert found.sha256
    assert found.preview
    companions = [len(facility.dataset(one.id).companions) for one in facility.search("format:emi", kind="dataset")]
    assert sum(companions) == len(list((project / "data" / "ser_emi").rglob("*.ser")))


def test_a_dry_run_says_the_same_and_writes_nothing(facility: Facility, folder: Path, project: Path) -> None:
    expected = facility.import_project(project, "AM-12", dry_run=True)
    assert expected.dry_run
    assert files_of(folder / "imported") == []
    assert facility.search("", kind="dataset").total == 0
    done = facility.import_project(project, "AM-12")
    for name in ("files", "bytes", "copied", "copied_bytes", "refused", "junk", "place", "collection", "owner"):
        assert getattr(expected, name) == getattr(done, name), name
    assert [one.path for one in expected.folders] == [one.path for one in done.folders]


def test_the_folders_are_collections_of_the_owner_with_the_title_at_the_top(ada: LocalFacility, project: Path) -> None:
    report = ada.import_project(project, "AM-12", title="What Eve left")
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


def test_every_refusal_is_a_line_and_nothing_else_is_lost(facility: Facility, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", ["good.txt", "../up.txt", "/abs.txt", "A.txt", "a.txt", "also good.txt"])
    report = facility.import_project(path, "AM-12")
    assert [one.path for one in report.refused] == ["../up.txt", "/abs.txt", "a.txt"]
    assert report.registered == 3
    assert not (tmp_path / "up.txt").exists()


def test_an_empty_file_and_an_empty_source_are_fine(facility: Facility, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    nothing = facility.import_project(tmp_path / "empty", "AM-12")
    assert (nothing.files, nothing.datasets, [one.path for one in nothing.folders]) == (0, 0, [""])
    (tmp_path / "empty" / "zero.txt").touch()
    assert facility.import_project(tmp_path / "empty", "AM-12").copied == 1
    assert in_store(folder, "AM-12", "empty", "zero.txt").stat().st_size == 0


def test_a_damaged_member_costs_itself_alone(facility: Facility, folder: Path, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", ["first.txt", "second.txt"], zipfile.ZIP_STORED)
    raw = path.read_bytes()
    at = raw.index(b"first.txt", raw.index(b"first.txt") + 1)
    path.write_bytes(raw[:at] + b"F" + raw[at + 1 :])
    report = facility.import_project(path, "AM-12")
    assert [(one.path, "crc" in one.reason) for one in report.refused] == [("first.txt", True)]
    assert [one.name for one in files_of(in_store(folder, "AM-12"))] == ["second.txt"]
    assert files_of(folder / "run" / "uploads") == []


def test_a_file_that_is_another_now_does_not_replace_what_was_imported(
    facility: Facility, folder: Path, tmp_path: Path
) -> None:
    source = write_folder(tmp_path / "p", ["size.txt", "content.txt", "time.txt"])
    facility.import_project(source, "AM-12")
    (source / "size.txt").write_text("more than before, and other")
    (source / "content.txt").write_text("CONTENT.TXT\n")
    os.utime(source / "time.txt", (THEN.timestamp() + 99, THEN.timestamp() + 99))
    report = facility.import_project(source, "AM-12")
    assert {one.path for one in report.refused} == {"size.txt", "content.txt"}
    assert (report.copied, report.there) == (0, 1)
    assert (in_store(folder, "AM-12", "p") / "content.txt").read_text() == "content.txt\n"


def evening(tmp_path: Path, *times: datetime) -> Path:
    """A folder of texts with these times."""
    source = tmp_path / "evening"
    for number, at in enumerate(times):
        write_folder(source, [f"{number}.txt"], at)
    return source


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


def test_only_staff_import_for_somebody_else(ada: LocalFacility, tmp_path: Path) -> None:
    source = write_folder(tmp_path / "p", ["a.txt"])
    with pytest.raises(Forbidden, match="somebody else"):
        ada.import_project(source, "AM-12", user="bob")
    report = as_staff(ada).import_project(source, "AM-12", user="bob")
    assert report.owner == "bob"
    assert [one.name for one in ada.desk.catalog.view(BOB).datasets()] == ["a.txt"]
    assert ada.desk.catalog.view(ADA).datasets() == []


def test_two_people_with_a_source_of_one_name_get_nothing_of_each_other(ada: LocalFacility, tmp_path: Path) -> None:
    hers = write_folder(tmp_path / "hers" / "data", ["a.txt", "secret.txt"])
    ada.import_project(hers, "AM-12")
    ada.principal = BOB
    report = ada.import_project(write_folder(tmp_path / "his" / "data", ["a.txt", "b.txt"]), "AM-12")
    assert (report.place, report.copied) == ("imported:AM-12/data-2", 2)
    assert {one.key for one in ada.desk.catalog.view(BOB).datasets()} == {"AM-12/data-2/a.txt", "AM-12/data-2/b.txt"}
    for operation, kind, about in (
        ("import_file", ImportedFile, {"path": "x.txt", "upload": "0" * 32, "sha256": "", "modified": THEN}),
        ("finish_import", ImportFinished, {"store": "imported", "project": "AM-12"}),
    ):
        with pytest.raises(NotFound, match="No import of bob"):
            ada.call(operation, kind, folder="AM-12/data", **about)


def test_what_nobody_has_claimed_is_not_taken_for_ones_own(ada: LocalFacility, folder: Path, tmp_path: Path) -> None:
    write_folder(in_store(folder, "AM-12", "data"), ["found.txt"])
    report = ada.import_project(write_folder(tmp_path / "data", ["a.txt"]), "AM-12")
    assert report.place == "imported:AM-12/data-2"


@pytest.mark.parametrize("path", ["../up.txt", "/etc/x", "a/../../x", "", "a//b", ".hidden", "Thumbs.db"])
def test_the_facility_itself_keeps_no_file_outside_of_the_import(
    ada: LocalFacility, folder: Path, tmp_path: Path, path: str
) -> None:
    ada.call("begin_import", ImportPlace, project="AM-12", name="data")
    (tmp_path / "x").write_text("x")
    about = {"folder": "AM-12/data", "path": path, "upload": ada.upload(tmp_path / "x"), "modified": THEN}
    sha256 = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    with pytest.raises(Invalid):
        ada.call("import_file", ImportedFile, sha256=sha256, **about)
    assert files_of(folder / "imported") == []


def test_bytes_that_arrive_otherwise_than_they_were_sent_are_not_kept(
    ada: LocalFacility, folder: Path, tmp_path: Path
) -> None:
    ada.call("begin_import", ImportPlace, project="AM-12", name="data")
    (tmp_path / "x").write_text("x")
    with pytest.raises(Invalid, match="did not arrive"):
        ada.call(
            "import_file", ImportedFile, folder="AM-12/data", path="a.txt", upload=ada.upload(tmp_path / "x"),
            sha256="0" * 64, modified=THEN,
        )
    assert files_of(folder / "imported") == files_of(folder / "run" / "uploads") == []


def test_a_client_that_lost_the_answer_asks_again_and_has_it(ada: LocalFacility, tmp_path: Path) -> None:
    ada.call("begin_import", ImportPlace, project="AM-12", name="data")
    (tmp_path / "x").write_text("x")
    about = {
        "folder": "AM-12/data", "path": "a.txt", "upload": ada.upload(tmp_path / "x"), "modified": THEN,
        "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
    }  # fmt: skip
    assert ada.call("import_file", ImportedFile, **about).is_new
    assert not ada.call("import_file", ImportedFile, **about).is_new


def test_where_there_is_no_room_nothing_begins(ada: LocalFacility, folder: Path, tmp_path: Path) -> None:
    with (folder / "facility.toml").open("a") as toml:
        toml.write("\n[imports]\nkeep_free_gb = 1e9\n")
    ada.close()
    with LocalFacility(folder, ADA) as facility:
        with pytest.raises(Unavailable, match=r"GB left"):
            facility.import_project(write_folder(tmp_path / "p", ["a.txt"]), "AM-12")
        assert facility.desk.catalog.view(ADA).collections() == []


def test_a_folder_inside_a_store_is_registered_where_it_lies(
    facility: Facility, folder: Path, sample_data: Path
) -> None:
    """The person running the tests is staff."""
    old = write_folder(folder / "store" / "archive" / "2009", ["day 1/a.txt", "day 2/b.txt", "Thumbs.db"])
    report = facility.import_project(old, "AM-12")
    assert (report.is_in_place, report.place, report.copied) == (True, "raw:archive/2009", 0)
    assert (report.registered, report.junk) == (2, 1)
    assert files_of(folder / "imported") == []
    (one,) = facility.search("b.txt", kind="dataset")
    assert (facility.dataset(one.id).store, facility.dataset(one.id).key) == ("raw", "archive/2009/day 2/b.txt")
    write_folder(old, ["day 3/c.txt"])
    again = facility.import_project(old, "AM-12")
    assert (again.registered, again.there, again.datasets) == (1, 2, 3)
    facility.harvest(all=True)
    assert facility.dataset(one.id).status == "extracted"


def test_who_is_not_staff_gets_a_copy_of_what_they_can_read(ada: LocalFacility, folder: Path) -> None:
    """Else anybody could make files of a store their own by naming the folder."""
    report = ada.import_project(write_folder(folder / "store" / "archive", ["a.txt"]), "AM-12")
    assert (report.is_in_place, report.place, report.copied) == (False, "imported:AM-12/archive", 1)
    with pytest.raises(NotFound):
        ada.call("finish_import", ImportFinished, store="raw", folder="archive", project="AM-12")


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        ("store/Titan_TEM", "a harvest does this already"),
        ("store/Titan_TEM/ada/2018", "a harvest does this already"),
        ("store", "whole store"),
        ("derived", "the LIMS itself writes"),
        (".", "holds the store"),
        ("store/archive/scan.zspy", "one dataset"),
    ],
)
def test_what_is_read_already_or_is_the_facilitys_own_is_refused(
    facility: Facility, folder: Path, inner: str, words: str
) -> None:
    (folder / inner).mkdir(parents=True, exist_ok=True)
    with pytest.raises(Invalid, match=words):
        facility.import_project(folder / inner, "AM-12")


def test_what_an_instrument_writes_below_the_folder_stays_the_instruments(folder: Path) -> None:
    text = (folder / "facility.toml").read_text().replace('prefix = "FIB-2/"', 'prefix = "archive/FIB-2/"')
    (folder / "facility.toml").write_text(text)
    old = write_folder(folder / "store" / "archive", ["a.txt", "FIB-2/b.txt"])
    with LocalFacility(folder) as facility:
        facility.harvest(all=True)
        report = facility.import_project(old, "AM-12")
        assert (report.registered, report.datasets) == (1, 1)


def test_a_tree_that_is_one_dataset_comes_in_as_one(ada: LocalFacility, tmp_path: Path, sample_data: Path) -> None:
    (tree,) = [one for one in (sample_data / "vendor" / "zspy").iterdir() if one.is_dir()][:1]
    shutil.copytree(tree, tmp_path / tree.name)
    for _ in range(2):
        report = ada.import_project(tmp_path / tree.name, "AM-12")
        assert (report.datasets, report.failed, report.refused) == (1, (), ())
    (one,) = ada.desk.catalog.view(ADA).datasets()
    assert one.key == f"AM-12/{tree.stem}/{tree.name}"


def test_an_instrument_that_is_not_there_is_said_before_anything_is_copied(
    ada: LocalFacility, folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(NotFound, match="krios"):
        ada.import_project(write_folder(tmp_path / "p", ["a.txt"]), "AM-12", instrument="krios")
    assert files_of(folder / "imported") == []


def test_a_network_that_fails_for_a_moment_does_not_end_it(
    ada: LocalFacility, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    real, fails = ada.upload_stream, iter([True, True, False, False])

    def shaky(stream: object, size: int) -> str:
        if next(fails):
            raise Unavailable("The service does not answer.")
        return real(stream, size)  # type: ignore[arg-type]

    monkeypatch.setattr(ada, "upload_stream", shaky)
    with open_source(write_folder(tmp_path / "p", ["a.txt", "b.txt"])) as source:
        wish = Wish("AM-12")
        assert send(ada, source, wish, planned(ada, source, wish), lambda state: None).files == 2


def test_a_place_that_somebody_took_after_the_look_is_not_filled(ada: LocalFacility, tmp_path: Path) -> None:
    with open_source(write_folder(tmp_path / "data", ["a.txt"])) as source:
        plan = planned(ada, source, Wish("AM-12"))
        ada.principal = BOB
        ada.call("begin_import", ImportPlace, project="AM-12", name="data")
        ada.principal = ADA
        with pytest.raises(Conflict, match="just now"):
            send(ada, source, Wish("AM-12"), plan, lambda state: None)


def test_who_was_quicker_has_the_place(ada: LocalFacility, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have looked while it was free."""
    monkeypatch.setattr("lims.facility.imports.places.is_ours_to_take", lambda desk, claim: True)
    ada.call("begin_import", ImportPlace, project="AM-12", name="data")
    ada.principal = BOB
    with pytest.raises(Conflict, match="just now"):
        ada.call("begin_import", ImportPlace, project="AM-12", name="data")
