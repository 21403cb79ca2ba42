import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import fsspec
import pytest

from lims.errors import Conflict, Invalid, NotFound, StoreUnavailable
from lims.stores import PrefixMissing, open_store
from lims.stores.remote import RemoteStore


@pytest.fixture
def store() -> Iterator[RemoteStore]:
    files = fsspec.filesystem("memory")
    files.pipe_file("/bucket/Titan/a.dm3", b"12345")
    yield RemoteStore("raw", "memory://bucket", writable=True)
    files.rm("/bucket", recursive=True)


def test_keys_are_below_the_root(store: RemoteStore) -> None:
    (entry,) = store.list("Titan/")
    assert (entry.key, entry.bytes) == ("Titan/a.dm3", 5)
    assert entry.modified.tzinfo is not None
    assert store.open("Titan/a.dm3").read() == b"12345"
    assert store.local_path("Titan/a.dm3") is None


@dataclass(frozen=True)
class Told:
    url: str
    writable: bool = False
    mount: Path | None = None


@pytest.mark.parametrize(("url", "says"), [("foo://bucket", "foo"), ("s3://bucket", "s3fs")])
def test_a_store_that_nothing_here_can_open_is_named(url: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)  # as where it is not installed
    with pytest.raises(Invalid, match="bucket-of-ours") as refused:
        open_store("bucket-of-ours", Told(url), Path("/"))
    assert says in str(refused.value)


def test_what_is_not_there_is_said(store: RemoteStore) -> None:
    with pytest.raises(PrefixMissing):
        store.look("FIB/")
    with pytest.raises(NotFound):
        store.entry("Titan/b.dm3")
    with pytest.raises(StoreUnavailable):
        RemoteStore("other", "memory://nowhere").look()


def test_a_mount_gives_local_paths(store: RemoteStore, tmp_path: Path) -> None:
    (tmp_path / "Titan").mkdir()
    (tmp_path / "Titan" / "a.dm3").write_bytes(b"12345")
    mounted = RemoteStore("raw", "memory://bucket", mount=tmp_path)
    assert mounted.local_path("Titan/a.dm3") == tmp_path / "Titan" / "a.dm3"
    assert mounted.key_of(tmp_path / "Titan" / "a.dm3") == "Titan/a.dm3"


def test_writing_does_not_replace(store: RemoteStore) -> None:
    store.write("out/x.bin", BytesIO(b"abc"))
    with pytest.raises(Conflict):
        store.write("out/x.bin", BytesIO(b"def"))
    assert store.open("out/x.bin").read() == b"abc"
