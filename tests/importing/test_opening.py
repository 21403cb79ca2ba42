from pathlib import Path

import pytest

from lims.errors import Invalid, NotFound
from lims.importing import open_source
from tests.importing.archives import write_folder, write_tar, write_zip


def test_bytes_decide_what_a_source_is_and_not_its_name(tmp_path: Path) -> None:
    write_zip(tmp_path / "backup.bin", ["a.txt"])
    write_tar(tmp_path / "backup.zip", ["a.txt"], "w:gz")
    for name, kind in (("backup.bin", "zip"), ("backup.zip", "tar")):
        with open_source(tmp_path / name) as source:
            assert source.kind == kind


def test_a_tar_that_ends_with_a_zip_is_a_tar(tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "inner.zip", ["hidden.txt"], 0).read_bytes()
    write_tar(tmp_path / "outer.tar", ["a.txt"])
    with (tmp_path / "outer.tar").open("ab") as file:
        file.write(inner)
    with open_source(tmp_path / "outer.tar") as source:
        assert source.kind == "tar"


@pytest.mark.parametrize(
    ("name", "called"),
    [("AM-12 2009.tar.gz", "AM-12 2009"), ("v1.2.zip", "v1.2"), (".zip", "archive"), ("a.tar.bz2", "a")],
)
def test_an_import_is_called_as_the_archive_without_its_endings(tmp_path: Path, name: str, called: str) -> None:
    with open_source(write_zip(tmp_path / name, ["a.txt"])) as source:
        assert source.name == called


def test_a_link_to_a_folder_is_that_folder(tmp_path: Path) -> None:
    write_folder(tmp_path / "real", ["a.txt"])
    (tmp_path / "link").symlink_to("real")
    with open_source(tmp_path / "link") as source:
        assert (source.name, source.path) == ("real", tmp_path / "real")


def test_anything_else_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.dm3").write_bytes(b"\0\0\0\3")
    with pytest.raises(Invalid, match="no folder, no zip and no tar"):
        open_source(tmp_path / "a.dm3")
    for name in ("empty.tar", "cut.zip"):
        (tmp_path / name).write_bytes(b"PK\3\4"[: 4 * (name == "cut.zip")])
        with pytest.raises(Invalid, match="damaged, or was not copied to its end"):
            open_source(tmp_path / name)
    with pytest.raises(NotFound, match="nothing at"):
        open_source(tmp_path / "none")
    with pytest.raises(Invalid, match="whole computer"):
        open_source(Path("/"))
