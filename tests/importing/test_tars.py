import io
import lzma
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lims.errors import Invalid, LimsError
from lims.importing import Contents, ImportLimits, Unreadable, open_source
from lims.importing.tars import REST
from tests.importing.archives import THEN, file_info, write_tar

LIMITS = ImportLimits()


def looked(path: Path, limits: ImportLimits = LIMITS) -> Contents:
    with open_source(path) as source:
        return source.look(limits)


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.tgz", "w:gz"), ("a.tar.bz2", "w:bz2"), ("a.txz", "w:xz")],
)
def test_members_come_out_whole_with_their_names_and_times(tmp_path: Path, name: str, mode: str) -> None:
    names = ["./day 1//Ü 像.txt", "./b.dm3", "deep/" * 30 + "c.txt"]
    path = write_tar(tmp_path / name, [file_info(".", tarfile.DIRTYPE), *names, "./.DS_Store"], mode)
    with open_source(path) as source:
        found = source.look(LIMITS)
        assert source.name == "a"
        assert [one.path for one in found.members] == ["day 1/Ü 像.txt", "b.dm3", "deep/" * 30 + "c.txt"]
        assert {one.modified for one in found.members} == {THEN}
        assert (found.refused, found.junk) == ([], 1)
        for one, said in zip(found.members, names, strict=True):
            with source.reading(one) as reading:
                assert reading.read() == said.encode()
                reading.check_end()


def test_whatever_is_no_plain_file_is_refused_and_nothing_else_is_lost(tmp_path: Path) -> None:
    members = [
        "first.txt",
        file_info("link", tarfile.SYMTYPE, "/etc/passwd"),
        file_info("hard", tarfile.LNKTYPE, "first.txt"),
        file_info("tty", tarfile.CHRTYPE),
        file_info("disk", tarfile.BLKTYPE),
        file_info("pipe", tarfile.FIFOTYPE),
        "/etc/passwd",
        "../up.txt",
        "a\\b.txt",
        "C:x.txt",
        "first.txt",
        "FIRST.txt",
        "last.txt",
    ]
    found = looked(write_tar(tmp_path / "a.tar", members))
    assert [one.path for one in found.members] == ["first.txt", "last.txt"]
    assert [(one.path, one.reason) for one in found.refused] == [
        ("link", "a link"),
        ("hard", "a link"),
        ("tty", "a pipe, a socket or a device"),
        ("disk", "a pipe, a socket or a device"),
        ("pipe", "a pipe, a socket or a device"),
        ("/etc/passwd", "an absolute path"),
        ("../up.txt", "a path that leads out of the archive"),
        ("a\\b.txt", "a backslash in its name"),
        ("C:x.txt", "a drive letter"),
        ("FIRST.txt", "its name differs from first.txt only in case"),
    ]


def test_of_a_tar_that_was_added_to_the_last_counts(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar", ["./a/changed.txt", "b.txt"])
    with tarfile.open(path, "a") as tar:
        info = tarfile.TarInfo("a/changed.txt")
        info.size = 6
        tar.addfile(info, io.BytesIO(b"second"))
    with open_source(path) as source:
        found = source.look(LIMITS)
        assert ([one.path for one in found.members], found.refused) == (["b.txt", "a/changed.txt"], [])
        with source.reading(found.members[1]) as reading:
            assert reading.read() == b"second"


def test_a_name_that_is_no_utf8_becomes_a_key(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
        archive.addfile(file_info("caf\u00e9.txt"), io.BytesIO(b"12345678901"))
    (one,) = looked(path).members
    assert one.path == "caf\uefe9.txt"


def test_times_that_no_calendar_knows_are_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, said in (("long ago", "-1e18"), ("far", "1e18"), ("none", "nan"), ("fine", "1237323846.25")):
            info = file_info(name)
            info.size, info.pax_headers = 0, {"mtime": said}
            archive.addfile(info)
    times = {one.path: one.modified for one in looked(path).members}
    assert times["fine"] == THEN.replace(microsecond=250000)
    assert (times["long ago"].year, times["far"].year) == (1000, 9000)
    assert times["none"] == datetime(1970, 1, 1, tzinfo=UTC)


def zeros(path: Path, size: int) -> Path:
    """An xz of a tar whose second file is `size` zeros, and a third behind it."""
    with lzma.open(path, "wb", preset=1) as stream:
        stream.write(file_info("small.txt").tobuf())
        stream.write(b"small.txt".ljust(512, b"\0"))
        big = file_info("zeros.bin")
        big.size = size
        stream.write(big.tobuf())
        for _ in range(size >> 20):
            stream.write(bytes(1 << 20))
        stream.write(file_info("behind.txt").tobuf() + b"behind.txt".ljust(512, b"\0") + bytes(1024))
    return path


def test_behind_a_bomb_nothing_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(looked(zeros(tmp_path / "small.tar.xz", 4 << 20)).members) == 3
    monkeypatch.setattr("lims.importing.limits.SMALL", 1 << 20)
    found = looked(zeros(tmp_path / "a.tar.xz", 4 << 20))
    assert [one.path for one in found.members] == ["small.txt"]
    assert [one.path for one in found.refused] == ["zeros.bin", REST]
    assert "it looks like a bomb" in found.refused[0].reason


def test_a_file_that_only_says_it_is_huge_is_not_believed(tmp_path: Path) -> None:
    info = file_info("huge.bin")
    info.size = 1 << 62
    path = tmp_path / "a.tar"
    path.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(2048))
    assert "it looks like a bomb" in looked(path).refused[0].reason


def test_a_folder_that_says_it_is_huge_hides_nothing_behind_it(tmp_path: Path) -> None:
    info = file_info("day 1", tarfile.DIRTYPE)
    info.size = 1 << 62
    path = tmp_path / "a.tar"
    behind = file_info("a.txt").tobuf() + b"a.txt".ljust(512, b"\0") + bytes(1024)
    path.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + behind)
    found = looked(path)
    assert ([one.path for one in found.members], found.refused) == (["a.txt"], [])


def test_a_name_of_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    info = file_info("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    info.size = 1 << 30
    path = tmp_path / "a.tar"
    path.write_bytes(file_info("a.txt").tobuf() + b"a.txt".ljust(512, b"\0") + info.tobuf() + bytes(4096))
    found = looked(path)
    assert [one.path for one in found.members] == ["a.txt"]
    assert found.refused[0].path == REST
    assert "a name of" in found.refused[0].reason


def test_what_follows_a_damaged_header_is_said_to_be_lost(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar", ["a.txt", "b.txt", "c.txt"])
    raw = bytearray(path.read_bytes())
    raw[1024] ^= 0xFF
    path.write_bytes(raw)
    found = looked(path)
    assert [one.path for one in found.members] == ["a.txt"]
    assert [(one.path, one.reason) for one in found.refused] == [
        (REST, "a damaged header: what comes after it cannot be found")
    ]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_of_an_archive_that_ends_early_all_comes_out_that_is_there(tmp_path: Path, mode: str) -> None:
    path = write_tar(tmp_path / "a.tar", [f"{number:03}.txt" for number in range(200)], mode)
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    with open_source(path) as source:
        found = source.look(LIMITS)
        assert found.refused[-1].path == REST
        whole = 0
        for one in found.members:
            try:
                with source.reading(one) as reading:
                    whole += reading.read() == one.path.encode()
            except Unreadable:
                pass
    assert whole >= 80


@pytest.mark.parametrize("seed", range(20))
def test_no_damage_brings_more_than_a_sentence(tmp_path: Path, seed: int) -> None:
    path = write_tar(tmp_path / "a.tar", [f"folder/{number}.txt" for number in range(8)], "w" if seed % 2 else "w:gz")
    raw = bytearray(path.read_bytes())
    for number in range(12):
        raw[(seed * 7919 + number * 104729) % len(raw)] ^= 1 + (seed + number) % 255
    path.write_bytes(raw)
    try:
        with open_source(path) as source:
            for one in source.look(LIMITS).members:
                try:
                    with source.reading(one) as reading:
                        reading.read()
                except Unreadable:
                    pass
    except LimsError:
        pass


def test_too_many_members_are_refused_as_a_whole(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar", [f"{number}.txt" for number in range(11)])
    with pytest.raises(Invalid, match="more than 10 files"):
        looked(path, ImportLimits(most_files=10))
