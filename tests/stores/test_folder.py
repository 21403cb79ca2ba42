import errno
import os
import subprocess
import tempfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from lims.errors import Conflict, Forbidden, Invalid, NotFound, StoreUnavailable
from lims.stores import PrefixMissing
from lims.stores.folder import FolderStore, time_of
from lims.stores.keys import key_of_name
from tests.permissions import without_root

HOSTILE = ("a&b<c>'d\".txt", "100 %.txt", "two\nlines.txt", "Ünïcödé 像.txt")
UNDECODABLE = b"caf\xe9.txt"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "store"
    (root / "Titan").mkdir(parents=True)
    return root


@pytest.fixture
def store(root: Path) -> FolderStore:
    return FolderStore("raw", str(root), root, writable=True)


def test_a_listing_tells_size_and_time_to_the_microsecond(store: FolderStore, root: Path) -> None:
    file = root / "Titan" / "a.dm3"
    file.write_bytes(b"12345")
    os.utime(file, ns=(0, 1_542_132_060_123_456_000))
    (entry,) = store.list("Titan/")
    assert (entry.key, entry.bytes) == ("Titan/a.dm3", 5)
    assert entry.modified == datetime(2018, 11, 13, 18, 1, 0, 123456, tzinfo=UTC)
    assert store.entry(entry.key) == entry


def test_hostile_names_are_keys_and_lead_back_to_their_files(store: FolderStore, root: Path) -> None:
    for name in HOSTILE:
        (root / "Titan" / name).write_text(name)
    Path(os.fsdecode(os.fsencode(root / "Titan") + b"/" + UNDECODABLE)).write_text("latin")
    keys = [entry.key for entry in store.list()]
    assert len(keys) == len(HOSTILE) + 1
    for key in keys:
        key.encode("utf-8")  # what no JSON document or table could hold would raise
        assert store.open(key).read() in {name.encode() for name in HOSTILE} | {b"latin"}


def test_a_missing_root_is_an_error_and_not_an_empty_store(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="raw"):
        FolderStore("raw", "file:///nowhere", tmp_path / "nowhere").look()


def test_a_missing_prefix_is_told_apart_from_a_missing_root(store: FolderStore) -> None:
    with pytest.raises(PrefixMissing, match="FIB"):
        store.look("FIB/")


def test_links_are_not_followed(store: FolderStore, root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "s.txt").write_text("not ours")
    (root / "Titan" / "way-out").symlink_to(tmp_path / "secret")
    (root / "Titan" / "s.txt").symlink_to(tmp_path / "secret" / "s.txt")
    (root / "Titan" / "loop").symlink_to(root)
    assert list(store.list()) == []
    with pytest.raises(StoreUnavailable, match="link"):
        store.open("Titan/way-out/s.txt")
    with pytest.raises(StoreUnavailable, match="link"):
        store.local_path("Titan/s.txt")


def test_a_link_that_appears_between_the_look_and_the_opening_is_not_followed(
    store: FolderStore, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.dm3").write_text("not ours")
    (root / "Titan" / "a.dm3").write_text("ours")
    existing = FolderStore._existing

    def swapped(store: FolderStore, key: str) -> Path:
        path = existing(store, key)
        (root / "Titan").rename(root / "before")
        (root / "Titan").symlink_to(tmp_path / "outside")
        return path

    assert store.open("Titan/a.dm3").read() == b"ours"
    monkeypatch.setattr(FolderStore, "_existing", swapped)
    with pytest.raises(StoreUnavailable, match="link"):
        store.open("Titan/a.dm3")


def test_a_pipe_in_a_files_place_keeps_nobody_waiting(store: FolderStore, root: Path) -> None:
    os.mkfifo(root / "Titan" / "a.dm3")
    with store.open("Titan/a.dm3") as stream:
        assert stream.read() == b""


def test_a_folder_that_goes_while_it_is_listed_is_told(
    store: FolderStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "Titan" / "day").mkdir()
    (root / "Titan" / "a.dm3").write_text("a")
    scandir = os.scandir

    def going(path: str) -> object:
        if os.fspath(path).endswith("day"):
            (root / "Titan" / "day").rmdir()
        return scandir(path)

    monkeypatch.setattr("lims.stores.folder.os.scandir", going)
    listing = store.look()
    assert (listing.vanished, listing.unreadable) == (("Titan/day",), ())
    assert [entry.key for entry in listing.entries] == ["Titan/a.dm3"]


def test_users_see_a_file_where_the_store_is_mounted_for_them(root: Path, tmp_path: Path) -> None:
    (root / "Titan" / "a.dm3").write_bytes(b"1")
    mounted = FolderStore("raw", str(root), root, mount=tmp_path / "theirs")
    assert mounted.path_for_users("Titan/a.dm3") == tmp_path / "theirs" / "Titan" / "a.dm3"
    assert mounted.local_path("Titan/a.dm3") == root / "Titan" / "a.dm3"
    assert FolderStore("raw", str(root), root).path_for_users("Titan/a.dm3") == root / "Titan" / "a.dm3"
    with pytest.raises(Invalid):
        mounted.path_for_users("../a.dm3")


def test_an_undecodable_name_is_itself_again_on_the_mount(root: Path, tmp_path: Path) -> None:
    name = os.fsdecode(UNDECODABLE)
    mounted = FolderStore("raw", str(root), root, mount=tmp_path / "theirs")
    assert mounted.path_for_users(key_of_name(name)) == tmp_path / "theirs" / name


def test_a_pipe_is_no_file(store: FolderStore, root: Path) -> None:
    os.mkfifo(root / "Titan" / "pipe")
    assert list(store.list()) == []


def test_an_unreadable_folder_is_reported_and_the_rest_is_listed() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        (root / "a.txt").write_text("a")
        (root / "locked").mkdir(mode=0)
        with without_root():
            listing = FolderStore("raw", folder, root).look()
    assert [entry.key for entry in listing.entries] == ["a.txt"]
    assert listing.unreadable == (("locked", "permission denied"),)


@pytest.mark.parametrize("key", ["../secret", "/etc/passwd", "Titan/../../x", "a//b", "a\0b", ""])
def test_no_key_leaves_the_store(store: FolderStore, key: str) -> None:
    with pytest.raises(Invalid):
        store.open(key)
    with pytest.raises(Invalid):
        store.write(key, BytesIO(b""))


def test_what_is_not_there_is_not_found(store: FolderStore) -> None:
    with pytest.raises(NotFound, match=r"none\.dm3"):
        store.open("Titan/none.dm3")


def test_writing_is_whole_or_not_at_all(store: FolderStore, root: Path) -> None:
    class Breaking(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("the network went away")

    with pytest.raises(OSError, match="network"):
        store.write("results/fft.hspy", Breaking())
    assert list(store.list()) == []
    assert store.write("results/fft.hspy", BytesIO(b"abc")).bytes == 3
    assert [file.name for file in (root / "results").iterdir()] == ["fft.hspy"]


def test_writing_never_replaces_unless_told_to(store: FolderStore) -> None:
    store.write("a.hspy", BytesIO(b"first"))
    with pytest.raises(Conflict, match=r"a\.hspy"):
        store.write("a.hspy", BytesIO(b"second"))
    assert store.open("a.hspy").read() == b"first"
    store.write("a.hspy", BytesIO(b"second"), replace=True)
    assert store.open("a.hspy").read() == b"second"


THEN = datetime(2009, 3, 17, 21, 4, 5, 678901, tzinfo=UTC)


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_file_that_is_written_can_keep_its_time_to_the_microsecond(
    store: FolderStore, tmp_path: Path, is_ours: bool
) -> None:
    (tmp_path / "old.dm3").write_bytes(b"12345")
    written = store.write("old.dm3", tmp_path / "old.dm3", modified=THEN, is_ours=is_ours)
    assert (written.bytes, written.modified) == (5, THEN)
    assert store.write("stream.dm3", BytesIO(b"12345"), modified=THEN).modified == THEN


def test_a_file_that_is_ours_is_taken_without_a_copy_and_still_replaces_nothing(
    store: FolderStore, root: Path, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        (tmp_path / name).write_text(name)
    store.write("deep/a.dm3", tmp_path / "first", is_ours=True)
    assert (root / "deep" / "a.dm3").samefile(tmp_path / "first")
    with pytest.raises(Conflict, match=r"a\.dm3"):
        store.write("deep/a.dm3", tmp_path / "second", is_ours=True)
    assert store.open("deep/a.dm3").read() == b"first"


def test_what_another_disk_has_is_copied(
    store: FolderStore, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.link

    def from_here_only(source: Path, target: Path) -> None:
        if Path(source).parent == tmp_path:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(source, target)

    monkeypatch.setattr(os, "link", from_here_only)
    (tmp_path / "a").write_text("first")
    assert store.write("a.dm3", tmp_path / "a", modified=THEN, is_ours=True).modified == THEN
    assert [file.name for file in root.iterdir() if file.is_file()] == ["a.dm3"]


def test_a_store_is_read_only_unless_declared_writable(root: Path) -> None:
    with pytest.raises(Forbidden, match="read-only"):
        FolderStore("raw", str(root), root).write("a", BytesIO(b""))


def test_a_path_in_the_store_has_a_key_and_another_has_none(store: FolderStore, root: Path, tmp_path: Path) -> None:
    assert store.key_of(root / "Titan" / "a.dm3") == "Titan/a.dm3"
    assert store.key_of(root) == ""
    assert store.key_of(tmp_path / "store2" / "a.dm3") is None


def test_a_mount_that_is_missing_gets_no_folder_in_its_place(tmp_path: Path) -> None:
    gone = FolderStore("derived", "nas", tmp_path / "nas" / "results", writable=True)
    with pytest.raises(StoreUnavailable):
        gone.write("fft.hspy", BytesIO(b"abc"))
    assert not (tmp_path / "nas").exists()


def test_a_file_time_that_no_calendar_knows_is_the_nearest_that_one_does() -> None:
    for odd, year in ((2**68, 9000), (-(2**68), 1000), (253402300800 * 10**9, 9000)):
        assert time_of(odd).year == year


def test_folders_may_be_nested_deeper_than_python_nests_calls(store: FolderStore, root: Path) -> None:
    here = os.open(root, os.O_RDONLY)
    try:
        for _ in range(1200):
            os.mkdir("d", dir_fd=here)
            below = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(os.open("deep.txt", os.O_CREAT | os.O_WRONLY, dir_fd=here))
        (root / "Titan" / "a.dm3").write_bytes(b"1")
        assert "Titan/a.dm3" in [entry.key for entry in store.list()]
    finally:
        os.close(here)
        subprocess.run(["rm", "-rf", root / "d"], check=True)  # Python's own way of removing it nests calls, too
