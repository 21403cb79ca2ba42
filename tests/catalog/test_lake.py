import os
from collections import namedtuple
from pathlib import Path

import psutil
import pytest

from lims.catalog import Catalog
from lims.catalog.lake import DataFiles, file_system_of, refuse_network_disk
from lims.errors import Invalid, Unavailable
from lims.model import SYSTEM, Person

Partition = namedtuple("Partition", "device mountpoint fstype opts")


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs"])
def test_a_network_disk_is_refused(monkeypatch: pytest.MonkeyPatch, kind: str, tmp_path: Path) -> None:
    """The list of mounts is the operating system's, and faked: a test cannot mount an NFS server."""
    mounts = [Partition("x", "/", "ext4", ""), Partition("server:/x", str(tmp_path / "net"), kind, "")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: mounts)
    assert file_system_of(tmp_path / "net" / "not" / "there" / "yet") == kind
    with pytest.raises(Invalid, match="network disk"):
        Catalog.open(tmp_path / "net" / "catalog", extensions=tmp_path / "extensions")
    assert not (tmp_path / "net").exists()
    refuse_network_disk(tmp_path / "network")


def test_the_disk_of_this_test_is_known(tmp_path: Path) -> None:
    assert file_system_of(tmp_path) != ""


def test_a_folder_may_have_any_name_and_be_moved(tmp_path: Path, folder: Path, extensions: Path) -> None:
    with Catalog.open(folder, extensions=extensions) as catalog:
        catalog.write(lambda change: change.put(Person("ada"), action="put"), by=SYSTEM)
        catalog.maintain()
    moved = folder.rename(tmp_path / 'it\'s a "naïve" 100% {folder}; --')
    with Catalog.open(moved, extensions=extensions) as catalog:
        assert catalog.view(SYSTEM).people() == [Person("ada")]


def test_a_damaged_catalog_says_so(folder: Path, extensions: Path) -> None:
    (folder / "catalog.sqlite").write_bytes(b"not a database" * 1000)
    with pytest.raises(Unavailable, match="cannot be opened"):
        Catalog.open(folder, extensions=extensions)


def test_new_files_are_synced_once_with_the_folders_that_name_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order is what matters, so the call to the operating system is watched."""
    synced: list[str] = []
    monkeypatch.setattr("lims.catalog.lake.sync", lambda path: synced.append(Path(path).name))
    data = tmp_path / "catalog" / "data"
    (data / "main" / "leaf").mkdir(parents=True)
    (data / "main" / "leaf" / "old.parquet").touch()
    files = DataFiles(data)
    (data / "main" / "leaf" / "new.parquet").touch()
    assert [len(files.sync_new()), len(files.sync_new())] == [1, 0]
    assert synced[0] == "new.parquet"
    assert set(synced[1:]) == {"leaf", "main", "data", "catalog"}


def test_files_are_found_in_folders_that_were_quiet_and_in_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaf = tmp_path / "data" / "main" / "leaf"
    leaf.mkdir(parents=True)
    for folder in (leaf, leaf.parent, leaf.parent.parent):
        os.utime(folder, (1, 1))
    files = DataFiles(tmp_path / "data")
    assert files.sync_new() == []
    for number in range(3):  # in one tick of the clock, most likely
        (leaf / f"{number}.parquet").touch()
        assert files.sync_new() == [leaf / f"{number}.parquet"]
    (leaf.parent / "word").mkdir()
    (leaf.parent / "word" / "a.parquet").touch()
    assert files.sync_new() == [leaf.parent / "word" / "a.parquet"]


def test_a_file_that_could_not_be_synced_is_new_the_next_time_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = DataFiles(tmp_path)
    (tmp_path / "a.parquet").touch()
    os.utime(tmp_path, (1, 1))
    with monkeypatch.context() as patch:
        patch.setattr("lims.catalog.lake.sync", raise_no_room)
        with pytest.raises(OSError, match="No space"):
            files.sync_new()
    assert files.sync_new() == [tmp_path / "a.parquet"]
    assert files.sync_new() == []


def raise_no_room(_: object) -> None:
    raise OSError(28, "No space left on device")
