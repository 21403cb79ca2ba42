from pathlib import Path

import pytest

from lims.facility.running.marks import bytes_in, changed_ns, marks


def test_a_folder_is_another_one_when_any_file_in_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "a.zspy"
    (folder / "0").mkdir(parents=True)
    (folder / "0/0").write_text("old")
    (folder / "0/1").write_text("new")
    before = marks(folder)
    assert (len(before), bytes_in(folder)) == (2, 6)
    assert changed_ns(folder) == (folder / "0/1").stat().st_mtime_ns
    (folder / "0/0").unlink()
    assert marks(folder) == before[1:]
    assert marks(folder / "0/1") == before[1:]


def test_what_goes_meanwhile_and_links_to_nowhere_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    (tmp_path / "link").symlink_to("nowhere")
    walk = Path.rglob

    def while_others_write(folder: Path, pattern: str) -> list[Path]:
        found = sorted(walk(folder, pattern))
        (tmp_path / "a").unlink()
        return found

    monkeypatch.setattr(Path, "rglob", while_others_write)
    assert [Path(name).name for name, _, _ in marks(tmp_path)] == ["b"]


def test_of_what_is_not_there_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert (marks(tmp_path / "none"), bytes_in(tmp_path / "none"), changed_ns(tmp_path / "none")) == ((), 0, 0)
