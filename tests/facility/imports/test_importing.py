"""An old project brought in: opened in this process or through a service, from a folder, a zip and a tar."""

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from lims.errors import Conflict, NotFound, Unavailable
from lims.facility.facility import Facility
from lims.facility.imports.importing import Wish, planned, send
from lims.facility.imports.views import ImportPlace
from lims.facility.local import LocalFacility
from lims.importing import open_source
from tests.facility.imports.conftest import ADA, BOB, files_of, in_store, packed
from tests.importing.archives import THEN, patched, write_folder, write_zip


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


def test_every_refusal_is_a_line_and_nothing_else_is_lost(facility: Facility, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", ["good.txt", "../up.txt", "/abs.txt", "A.txt", "a.txt", "also good.txt"])
    report = facility.import_project(path, "AM-12")
    assert [one.path for one in report.refused] == ["../up.txt", "/abs.txt", "a.txt"]
    assert report.registered == 3
    assert not (tmp_path / "up.txt").exists()


def test_of_two_members_of_one_name_one_comes_in(facility: Facility, folder: Path, tmp_path: Path) -> None:
    path = patched(write_zip(tmp_path / "a.zip", ["same.txt", "twin.txt"]), (b"twin.txt", b"same.txt"))
    report = facility.import_project(path, "AM-12")
    assert [(one.path, one.reason) for one in report.refused] == [("same.txt", "a second file of this name")]
    assert (report.copied, report.registered) == (1, 1)
    assert in_store(folder, "AM-12", "a", "same.txt").read_text() == "same.txt"


def test_what_was_imported_is_found_by_its_project(facility: Facility, tmp_path: Path) -> None:
    facility.import_project(write_folder(tmp_path / "p", ["a.txt", "b.txt"]), "AM-12")
    facility.import_project(write_folder(tmp_path / "q", ["c.txt"]), "AM-13")
    found = facility.search("project:AM-12", kind="dataset")
    assert sorted(one.name for one in found) == ["a.txt", "b.txt"]


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


def test_where_there_is_no_room_nothing_begins(ada: LocalFacility, folder: Path, tmp_path: Path) -> None:
    with (folder / "facility.toml").open("a") as toml:
        toml.write("\n[imports]\nkeep_free_gb = 1e9\n")
    ada.close()
    with LocalFacility(folder, ADA) as facility:
        with pytest.raises(Unavailable, match=r"GB left"):
            facility.import_project(write_folder(tmp_path / "p", ["a.txt"]), "AM-12")
        assert facility.desk.catalog.view(ADA).collections() == []


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
