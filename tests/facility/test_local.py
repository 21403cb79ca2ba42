"""The facility in this process, where its files lie in a bucket."""

import io
from pathlib import Path
from typing import BinaryIO

import pytest

from lims.errors import NotFound, Unavailable
from lims.extractors.pool import Pool
from lims.facility import local
from lims.facility.local import LocalFacility
from lims.model import Principal
from lims.stores.remote import RemoteStore

BYTES = 3 << 20


class Piecewise(io.BytesIO):
    """Never gives all that it has at once."""

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert 0 < size < BYTES
        return super().read(size)


class Bucket(RemoteStore):
    """fsspec's own view of a folder: no local paths."""

    def open(self, key: str) -> BinaryIO:
        with super().open(key) as stream:
            return Piecewise(stream.read())


def test_a_facility_that_is_closed_reads_nothing_any_more(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "Pool", Pool)  # not that which tests share
    with LocalFacility(folder) as facility:
        pool = facility.desk.pool
    with pytest.raises(Unavailable, match="closed"):
        pool.run(folder / "facility.toml")


def test_a_large_object_is_fetched_piece_by_piece(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "made.txt").write_bytes(b"x" * BYTES)
    with LocalFacility(folder) as facility:
        made = facility.save_derived(tmp_path / "made.txt", "made.txt")
        facility.desk.stores["derived"] = Bucket("derived", (folder / "derived").as_uri())
        facility.fetch(made.id, made.key, tmp_path / "copy.txt")
    assert (tmp_path / "copy.txt").stat().st_size == BYTES


def test_a_location_is_where_notebooks_see_the_store(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "made.txt").write_text("spots")
    with LocalFacility(folder) as facility:
        made = facility.save_derived(tmp_path / "made.txt", "made.txt")
        assert facility.location(made.id).path == str(folder / "derived" / made.key)
        facility.desk.stores["derived"].mount = tmp_path / "theirs"
        assert facility.location(made.id).path == str(tmp_path / "theirs" / made.key)
        assert facility.locate(str(tmp_path / "theirs" / made.key)).id == made.id


def test_only_who_sees_a_dataset_fetches_its_files(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "made.txt").write_text("spots")
    with LocalFacility(folder) as facility:
        made = facility.save_derived(tmp_path / "made.txt", "made.txt")
        with pytest.raises(NotFound, match="no file"):
            facility.fetch(made.id, "another.txt", tmp_path / "copy.txt")
        facility.principal = Principal("stranger")
        with pytest.raises(NotFound):
            facility.fetch(made.id, made.key, tmp_path / "copy.txt")
    assert not (tmp_path / "copy.txt").exists()


def test_other_accounts_of_this_computer_read_nothing_around_the_service(folder: Path, tmp_path: Path) -> None:
    (folder / "previews").mkdir(mode=0o755)
    (tmp_path / "made.txt").write_text("spots")
    with LocalFacility(folder) as facility:
        facility.save_derived(tmp_path / "made.txt", "made.txt")
    for private in ("catalog", "previews", "run", "logs", "derived", "imported"):
        assert (folder / private).stat().st_mode & 0o077 == 0, private
