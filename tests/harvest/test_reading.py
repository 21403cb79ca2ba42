import errno
import hashlib
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NoReturn

import fsspec
import h5py
import numpy as np
import pytest

from lims.errors import Unavailable
from lims.extractors import Outcome, Pool, StepFailure
from lims.harvest.reading import LARGE, Work, checksums, in_parts, on_this_machine, read, work_on
from lims.model import Dataset, Extraction
from lims.stores import Entry, Store
from lims.stores.folder import FolderStore
from lims.stores.remote import RemoteStore
from tests.permissions import without_root


def dataset(entry: Entry, *companions: str) -> Dataset:
    return Dataset("dat-0000000001", "raw", "raw", entry.key, entry.bytes, entry.modified, companions=companions)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "a.txt").write_text("hello\n")
    return FolderStore("raw", str(tmp_path), tmp_path)


def test_a_file_that_may_not_be_opened_says_so(pool: Pool, tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        (root / "a.txt").touch(mode=0)
        store = FolderStore("raw", folder, root)
        work = Work(dataset(store.entry("a.txt")), do_extract=False)
        with without_root():
            done = read(work, store, pool, tmp_path)
    assert done.trouble == "the file cannot be read: permission denied"


def test_a_file_that_has_grown_since_it_was_listed_is_not_hashed(store: Store, pool: Pool, tmp_path: Path) -> None:
    listed = dataset(store.entry("a.txt"))
    with (tmp_path / "a.txt").open("a") as file:
        file.write("more\n")
    done = read(Work(listed), store, pool, tmp_path / "previews")
    assert (done.is_stale, done.hashes, done.outcome) == (True, None, None)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_picture_that_finds_no_room_makes_the_harvest_wait(
    store: Store, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    refused = Outcome(Extraction("text", "text", "1"), (StepFailure("preview", "kein Platz", "", number),))
    monkeypatch.setattr(pool, "read_all", lambda jobs: (one for one in [refused]))
    with pytest.raises(Unavailable, match="is full"):
        read(Work(dataset(store.entry("a.txt"))), store, pool, tmp_path / "previews")


@pytest.mark.parametrize("step", ["extract", "preview"])
def test_a_file_that_a_share_does_not_give_to_its_reader_is_not_the_readers_failure(
    store: Store, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: Literal["extract", "preview"]
) -> None:
    refused = Outcome(None, (StepFailure(step, "it cannot be opened", "text 1", errno.EIO),))
    monkeypatch.setattr(pool, "read_all", lambda jobs: (one for one in [refused]))
    done = read(Work(dataset(store.entry("a.txt"))), store, pool, tmp_path / "previews")
    assert (done.trouble, done.outcome) == ("the file cannot be read: input/output error", None)


def test_a_file_that_another_program_has_locked_is_not_the_readers_failure(
    store: Store, pool: Pool, tmp_path: Path
) -> None:
    """So it is tried again by itself, also if it does not change any more."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["data"] = np.arange(100.0)
        file.flush()
        at = tmp_path / "previews"
        done = read(Work(dataset(store.entry("a.h5"))), store, pool, at)
        assert done.trouble.startswith("the file cannot be read: another program is writing it (")
        assert (done.outcome, done.is_stale) == (None, False)
    done = read(Work(dataset(store.entry("a.h5"))), store, pool, at)
    assert done.outcome is not None
    assert done.outcome.failed == ()


def test_a_store_that_goes_while_a_file_is_read_is_no_failure_of_the_file(
    store: Store, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(key: str) -> NoReturn:
        (tmp_path / "a.txt").rename(tmp_path / "elsewhere")
        raise OSError(errno.ESTALE, "stale file handle")

    monkeypatch.setattr(store, "open", gone)
    assert read(Work(dataset(store.entry("a.txt"))), store, pool, tmp_path / "previews").is_stale


def test_a_file_that_is_gone_is_no_failure(store: Store, pool: Pool, tmp_path: Path) -> None:
    listed = dataset(store.entry("a.txt"))
    (tmp_path / "a.txt").unlink()
    assert read(Work(listed), store, pool, tmp_path / "previews").is_stale


def test_every_part_has_its_checksum(store: Store, tmp_path: Path) -> None:
    (tmp_path / "b.ser").write_bytes(b"pixels")
    expected = tuple(hashlib.sha256(raw).hexdigest() for raw in (b"hello\n", b"pixels"))
    assert checksums(dataset(store.entry("a.txt"), "b.ser"), store) == expected


def test_a_trees_checksum_is_that_of_a_list_of_its_files(store: Store, tmp_path: Path) -> None:
    (tmp_path / "x.zspy").mkdir()
    (tmp_path / "x.zspy" / "0.0").write_bytes(b"chunk")
    inner = hashlib.sha256(b"chunk").hexdigest()
    tree = Dataset("dat-0000000001", "raw", "raw", "x.zspy", 5, datetime.now(UTC), companions=("x.zspy/0.0",))
    assert checksums(tree, store) == (hashlib.sha256(f"{inner}  /0.0\n".encode()).hexdigest(), inner)


def test_a_file_in_a_bucket_is_read_from_a_copy(pool: Pool, tmp_path: Path) -> None:
    files = fsspec.filesystem("memory")
    files.pipe_file("/bucket-of-reading/Titan/a.txt", b"hello\n")
    store = RemoteStore("raw", "memory://bucket-of-reading")
    done = read(Work(dataset(store.entry("Titan/a.txt"))), store, pool, tmp_path)
    assert done.hashes == (hashlib.sha256(b"hello\n").hexdigest(),)
    assert done.outcome is not None
    assert done.outcome.extraction is not None
    assert done.outcome.extraction.format == "text"


def in_bucket(folder: Path, *keys: str) -> Dataset:
    """The files of a folder as one dataset of a store in memory. keys: its main key, and those of its files."""
    files = fsspec.filesystem("memory")
    for key in keys:
        if (folder / key).is_file():
            files.pipe_file(f"/bucket-of-reading/{key}", (folder / key).read_bytes())
    store = RemoteStore("raw", "memory://bucket-of-reading")
    size = sum(store.entry(key).bytes for key in keys if (folder / key).is_file())
    return replace(dataset(store.entry(keys[0]), *keys[1:]), bytes=size)


@pytest.mark.parametrize("kind", ["DirectoryStore", "NestedDirectoryStore"])
def test_a_tree_in_a_bucket_is_read_as_one_in_a_folder_is(
    pool: Pool, tmp_path: Path, sample_data: Path, kind: str
) -> None:
    folder, name = sample_data / "vendor" / "zspy", f"signal1d_10x10-{kind}.zspy"
    parts = sorted(str(one.relative_to(folder)) for one in (folder / name).rglob("*") if one.is_file())
    one = in_bucket(folder, name, *parts)
    done = read(Work(one), RemoteStore("raw", "memory://bucket-of-reading"), pool, tmp_path)
    assert (done.is_stale, done.trouble) == (False, "")
    assert done.hashes == checksums(one, FolderStore("raw", str(folder), folder))
    assert done.outcome is not None
    assert done.outcome.failed == ()


def test_what_belongs_to_a_file_in_a_bucket_is_copied_to_where_it_lies(tmp_path: Path) -> None:
    keys = ("x/p.asw", "x/View000/0.img", "x/View001/0.img", "other/0.img")
    for key in keys:
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_text(key)
    one = in_bucket(tmp_path, *keys)
    with on_this_machine(one, RemoteStore("raw", "memory://bucket-of-reading")) as (path, companions):
        assert [companion.relative_to(path.parent).as_posix() for companion in companions] == [
            "View000/0.img", "View001/0.img", "0.img",
        ]  # fmt: skip
        assert [copy.read_text() for copy in (path, *companions)] == list(keys)


def test_a_large_file_is_seen_before_it_is_hashed(store: Store) -> None:
    large = replace(dataset(store.entry("a.txt")), bytes=LARGE + 1)
    assert [(part.do_extract, part.do_hash) for part in in_parts(work_on(large, {}))] == [(True, False), (False, True)]
    small = replace(large, bytes=LARGE)
    assert [(part.do_extract, part.do_hash) for part in in_parts(work_on(small, {}))] == [(True, True)]


def test_only_what_is_owed_is_done(store: Store) -> None:
    read_once = replace(dataset(store.entry("a.txt")), status="extracted")
    assert [(part.do_extract, part.do_hash) for part in in_parts(work_on(read_once, {}))] == [(False, True)]
    assert in_parts(work_on(replace(read_once, sha256="0" * 64), {})) == []
    assert in_parts(work_on(replace(read_once, sha256="0" * 64), {read_once.id: 1}))[0].attempt == 1
