"""A live session: files that grow in the store of a demo facility."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lims.demo.place import write_place
from lims.demo.play import PIECES, PROGRAMMES, Player
from lims.errors import Invalid
from lims.facility.local import LocalFacility
from lims.model import Principal

ME = Principal("m.keller", is_staff=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_place(tmp_path, "m.keller")
    return tmp_path


@pytest.fixture
def facility(folder: Path) -> Iterator[LocalFacility]:
    with LocalFacility(folder, ME) as opened:
        yield opened


class Watcher:
    """Hands in its own way to wait, and looks at the store each time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.waited_s = 0.0
        self.sizes: list[int] = []

    def sleep(self, seconds: float) -> None:
        self.waited_s += seconds
        self.sizes.append(sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file()))


def test_files_grow_while_people_look_on(folder: Path, facility: LocalFacility) -> None:
    watcher = Watcher(folder / "microscopes")
    player = Player(facility, folder, "helios", lambda _: None, watcher.sleep)
    written = player.play(player.session(), 60)
    assert len(written) == len(PROGRAMMES["helios"])
    assert watcher.waited_s == pytest.approx(60)
    assert len(set(watcher.sizes)) == len(written) * PIECES
    assert watcher.sizes == sorted(watcher.sizes)


def test_companion_comes_after_its_file(folder: Path, facility: LocalFacility) -> None:
    alone: list[bool] = []

    def look(_: float) -> None:
        newest = max((folder / "microscopes").rglob("*.mrc"), key=lambda path: path.stat().st_mtime_ns)
        alone.append(not newest.with_name(newest.name + ".mdoc").exists())

    player = Player(facility, folder, "krios", lambda _: None, look)
    written = player.play(player.session(), 1)
    assert alone
    assert all(alone)
    assert all(path.with_name(path.name + ".mdoc").exists() for path in written)


def test_open_session_gets_the_files_and_is_left_open(folder: Path, facility: LocalFacility) -> None:
    mine = facility.start_session("titan", user="m.keller", sample="17-4-500C")
    player = Player(facility, folder, "titan", lambda _: None, lambda _: None)
    assert player.session().id == mine.id
    written = player.play(mine, 0)
    facility.harvest(session=mine.id)
    view = facility.session(mine.id)
    assert {tile.name for tile in view.tiles} == {path.name for path in written}
    assert view.session.is_open


def test_a_second_play_overwrites_nothing(folder: Path, facility: LocalFacility) -> None:
    player = Player(facility, folder, "arm", lambda _: None, lambda _: None)
    first = {path: path.read_bytes() for path in player.play(player.session(), 0)}
    second = player.play(player.session(), 0)
    assert not set(first) & set(second)
    assert all(path.read_bytes() == content for path, content in first.items())


def test_only_a_demo_can_be_played_in(tmp_path: Path, facility: LocalFacility) -> None:
    (facility.folder / "ABOUT.txt").unlink()
    player = Player(facility, facility.folder, "titan", lambda _: None)
    with pytest.raises(Invalid, match="no demo instrument"):
        player.session()
