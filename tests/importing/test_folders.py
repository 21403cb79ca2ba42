import os
import socket
from pathlib import Path

import pytest

from lims.errors import Invalid
from lims.importing import ImportLimits, Member, Source, Unreadable, open_source
from tests.importing.archives import THEN, write_folder
from tests.permissions import without_root

LIMITS = ImportLimits()


def test_every_file_comes_with_its_path_size_and_time(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "old project", ["a.dm3", "day 1/Ü.txt", "day 1/deep/b.tif"])
    with open_source(folder) as source:
        found = source.look(LIMITS)
        assert source.name == "old project"
        assert {one.path: one.modified for one in found.members} == dict.fromkeys(
            ("a.dm3", "day 1/Ü.txt", "day 1/deep/b.tif"), THEN
        )
        (one,) = [one for one in found.members if one.path == "a.dm3"]
        with source.reading(one) as reading:
            assert reading.read() == b"a.dm3\n"


def test_links_pipes_and_sockets_are_refused_by_name_and_junk_is_counted(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "p", ["a.dm3", "Thumbs.db", ".git/config"])
    (folder / "out").symlink_to("/etc")
    (folder / "same").symlink_to("a.dm3")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
        with open_source(folder) as source:
            found = source.look(LIMITS)
    assert [one.path for one in found.members] == ["a.dm3"]
    assert {one.path: one.reason for one in found.refused} == {
        "out": "a link", "same": "a link", "pipe": "a pipe, a socket or a device",
        "socket": "a pipe, a socket or a device",
    }  # fmt: skip
    assert found.junk == 2


def test_names_that_are_no_utf8_and_two_that_differ_in_case_come_in(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "p", ["A.txt", "a.txt", "back\\slash.txt"])
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text("latin")
    with open_source(folder) as source:
        found = source.look(LIMITS)
        assert len(found.members) == 4
        for one in found.members:
            one.path.encode()  # what no JSON document could hold would raise
            with source.reading(one) as reading:
                assert len(reading.read()) == one.bytes


def test_a_folder_that_cannot_be_looked_into_is_named_and_costs_only_itself(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "p", ["a.txt", "locked/b.txt"])
    (folder / "locked").chmod(0)
    for one in (folder, tmp_path, *tmp_path.parents[:3]):
        one.chmod(0o755)
    with without_root(), open_source(folder) as source:
        found = source.look(LIMITS)
    (folder / "locked").chmod(0o755)
    assert [one.path for one in found.members] == ["a.txt"]
    assert [(one.path, one.reason) for one in found.refused] == [("locked", "it cannot be read: permission denied")]


def test_a_file_that_changes_after_the_look_is_not_read_as_what_it_was(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "p", ["grown.txt", "shrunk.txt", "linked.txt", "gone.txt"])
    with open_source(folder) as source:
        members = source.look(LIMITS).members
        (folder / "grown.txt").write_text("more than there was before\n")
        (folder / "shrunk.txt").write_text("")
        (folder / "linked.txt").unlink()
        (folder / "linked.txt").symlink_to("/etc/hostname")
        (folder / "gone.txt").unlink()
        for one in members:
            with pytest.raises(Unreadable):
                read_all(source, one)


def read_all(source: Source, member: Member) -> bytes:
    with source.reading(member) as reading:
        return b"".join(iter(lambda: reading.read(4), b""))


def test_more_files_than_the_limit_are_refused_as_a_whole(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "p", [f"{number}.txt" for number in range(11)])
    with open_source(folder) as source:
        assert len(source.look(ImportLimits(most_files=11)).members) == 11
        with pytest.raises(Invalid, match="more than 10 files") as refused:
            source.look(ImportLimits(most_files=10))
    assert "most_files" in refused.value.hint


def test_a_tree_that_is_one_dataset_stays_a_folder_of_its_import(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "scan.zspy", [".zgroup", "data/0.0"])
    with open_source(folder) as source:
        assert source.name == "scan"
        assert {one.path for one in source.look(LIMITS).members} == {"scan.zspy/.zgroup", "scan.zspy/data/0.0"}
