"""Where an import lies, whose it is, and who may say so."""

from pathlib import Path

import pytest

from lims.errors import Conflict, Forbidden, Invalid, NotFound
from lims.facility.facility import Facility
from lims.facility.imports.views import ImportedFile, ImportFinished, ImportPlace
from lims.facility.local import LocalFacility
from tests.facility.imports.conftest import ADA, BOB, as_staff, files_of, in_store
from tests.importing.archives import THEN, write_folder


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


def test_who_was_quicker_has_the_place(ada: LocalFacility, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have looked while it was free."""
    monkeypatch.setattr("lims.facility.imports.places.is_ours_to_take", lambda desk, claim: True)
    ada.call("begin_import", ImportPlace, project="AM-12", name="data")
    ada.principal = BOB
    with pytest.raises(Conflict, match="just now"):
        ada.call("begin_import", ImportPlace, project="AM-12", name="data")
