import stat
import struct
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lims.errors import LimsError
from lims.importing import Contents, ImportLimits, Unreadable, open_source
from tests.importing.archives import THEN, patched, unix_info, write_zip

LIMITS = ImportLimits()


def looked(path: Path, limits: ImportLimits = LIMITS) -> Contents:
    with open_source(path) as source:
        return source.look(limits)


def refused(found: Contents) -> dict[str, str]:
    return {one.path: one.reason for one in found.refused}


def test_members_come_out_whole_with_their_names(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "Old data.zip", ["a.dm3", "day 1/Ü 像.txt", "inner.zip", "__MACOSX/._a.dm3"])
    with open_source(path) as source:
        found = source.look(LIMITS)
        assert source.name == "Old data"
        assert [one.path for one in found.members] == ["a.dm3", "day 1/Ü 像.txt", "inner.zip"]
        assert found.junk == 1
        for one in found.members:
            with source.reading(one) as reading:
                assert reading.read() == one.path.encode()


HOSTILE = {
    "/etc/passwd": "an absolute path",
    "../../up.txt": "a path that leads out of the archive",
    "a/../../up.txt": "a path that leads out of the archive",
    "C:/windows.txt": "a drive letter",
    "back\\slash.txt": "a backslash in its name",
    "x" * 256 + ".txt": "too long a name",
}


def test_every_name_that_could_leave_the_import_is_refused_and_nothing_else_is_lost(tmp_path: Path) -> None:
    found = looked(write_zip(tmp_path / "a.zip", ["before.txt", *HOSTILE, "after.txt"]))
    assert [one.path for one in found.members] == ["before.txt", "after.txt"]
    assert refused(found) == HOSTILE


def test_a_name_that_goes_on_behind_a_nul_is_refused(tmp_path: Path) -> None:
    path = patched(write_zip(tmp_path / "a.zip", ["good.txt#..evil"]), (b"good.txt#", b"good.txt\0"))
    assert list(refused(looked(path)).values()) == ["no name for a file"]


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    members = [unix_info("link", stat.S_IFLNK | 0o777), unix_info("tty", stat.S_IFCHR | 0o600), "a.txt",
               unix_info("plain", stat.S_IFREG | 0o600)]  # fmt: skip
    found = looked(write_zip(tmp_path / "a.zip", members))
    assert [one.path for one in found.members] == ["a.txt", "plain"]
    assert refused(found) == {"link": "a link", "tty": "a pipe, a socket or a device"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_second_file_of_one_name_is_refused_also_where_only_case_or_accents_differ(tmp_path: Path) -> None:
    names = ["a/b.txt", "a/b.txt", "A/B.TXT", "caf\u00e9", "cafe\u0301", "a/b.txt/c", "d/e", "d"]
    found = looked(write_zip(tmp_path / "a.zip", names))
    assert [one.path for one in found.members] == ["a/b.txt", "caf\u00e9", "d/e"]
    assert [one.reason for one in found.refused] == [
        "a second file of this name",
        "its name differs from a/b.txt only in case",
        "its name differs from caf\u00e9 only in case",
        "a file and a folder of one name, a/b.txt",
        "a file and a folder of one name, d",
    ]


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", ["open.txt", "secret.txt"])
    raw = bytearray(path.read_bytes())
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.rindex(magic) + flags] |= 1
    path.write_bytes(raw)
    found = looked(path)
    assert [one.path for one in found.members] == ["open.txt"]
    assert refused(found) == {"secret.txt": "it is encrypted"}


def test_names_that_are_not_marked_as_utf8_are_read_as_it_or_as_a_dos_name(tmp_path: Path) -> None:
    """The same placeholder bytes as packers write them: UTF-8 without saying so, and code page 437."""
    path = write_zip(tmp_path / "a.zip", ["??.txt", "!.txt"])
    patched(path, (b"??.txt", "ü.txt".encode()), (b"!.txt", "ü.txt".encode("cp437")))
    found = looked(path)
    assert [one.path for one in found.members] == ["ü.txt"]
    assert [one.reason for one in found.refused] == ["a second file of this name"]


def test_the_extended_time_is_utc_and_the_plain_one_is_our_wall_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        plain = zipfile.ZipInfo("plain.txt", (2009, 3, 17, 17, 4, 6))
        told = zipfile.ZipInfo("told.txt", (1999, 1, 1, 0, 0, 0))
        told.extra = struct.pack("<HHBi", 0x5455, 5, 1, int(THEN.timestamp()))
        odd = zipfile.ZipInfo("odd.txt", (1980, 1, 1, 0, 0, 0))
        odd.extra = struct.pack("<HHB", 0x5455, 1, 1)
        path = write_zip(tmp_path / "a.zip", [plain, told, odd])
        times = {one.path: one.modified for one in looked(path).members}
    finally:
        monkeypatch.undo()
        time.tzset()
    assert times["plain.txt"] == times["told.txt"] == THEN  # 17:04 in New York in March
    assert times["odd.txt"] == datetime(1980, 1, 1, 5, tzinfo=UTC)


def test_a_day_that_never_was_is_the_first_that_a_zip_knows(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", [zipfile.ZipInfo("a.txt", (2009, 3, 17, 0, 0, 0))])
    old = struct.pack("<H", (2009 - 1980) << 9 | 3 << 5 | 17)
    patched(path, (old, struct.pack("<H", (2009 - 1980) << 9)))
    assert looked(path).members[0].modified == datetime(1980, 1, 1, tzinfo=UTC)


def bomb(path: Path, size: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("small.txt", b"small")
        with archive.open("zeros.bin", "w", force_zip64=True) as member:
            for _ in range(size >> 20):
                member.write(bytes(1 << 20))
    return path


def test_a_member_that_would_unpack_to_a_thousand_times_its_size_is_refused_and_the_others_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not refused(looked(bomb(tmp_path / "small.zip", 4 << 20)))  # so little that it harms nobody
    monkeypatch.setattr("lims.importing.limits.SMALL", 1 << 20)
    path = bomb(tmp_path / "a.zip", 4 << 20)
    found = looked(path)
    assert [one.path for one in found.members] == ["small.txt"]
    assert "it looks like a bomb" in refused(found)["zeros.bin"]
    assert "most_ratio" in refused(found)["zeros.bin"]
    assert len(looked(path, ImportLimits(most_ratio=2000)).members) == 2


def test_files_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """As in the bombs that quote one block of zeros a thousand times: here the second entry points to the first."""
    path = write_zip(tmp_path / "a.zip", ["one.txt", "two.txt", "end.txt"])
    raw = bytearray(path.read_bytes())
    second = raw.index(b"PK\x01\x02", raw.index(b"PK\x01\x02") + 4)
    raw[second + 42 : second + 46] = struct.pack("<I", 4)
    path.write_bytes(raw)
    found = looked(path)
    assert "end.txt" in {one.path for one in found.members}
    assert refused(found) == {"two.txt": "it shares its bytes with another file, as bombs do"}


def test_a_damaged_member_costs_itself_alone(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", ["first.txt", "second.txt"], zipfile.ZIP_STORED)
    raw = path.read_bytes()
    at = raw.index(b"first.txt", raw.index(b"first.txt") + 1)  # its content, which is its name
    path.write_bytes(raw[:at] + b"F" + raw[at + 1 :])
    with open_source(path) as source:
        first, second = source.look(LIMITS).members
        with source.reading(first) as reading, pytest.raises(Unreadable, match="bad crc"):
            reading.read()
        with source.reading(second) as reading:
            assert reading.read() == b"second.txt"


def test_a_packing_that_nobody_here_knows_is_said(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", ["a.txt"])
    raw = bytearray(path.read_bytes())
    for magic, method in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        raw[raw.index(magic) + method] = 99
    path.write_bytes(raw)
    with open_source(path) as source:
        (one,) = source.look(LIMITS).members
        with pytest.raises(Unreadable, match="not supported"), source.reading(one):
            pass


@pytest.mark.parametrize("seed", range(20))
def test_no_damage_brings_more_than_a_sentence(tmp_path: Path, seed: int) -> None:
    path = write_zip(tmp_path / "a.zip", [f"folder/{number}.txt" for number in range(8)])
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
