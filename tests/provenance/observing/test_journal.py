"""Inputs and outputs, from a journal written by hand."""

import json
from pathlib import Path

import pytest

from lims.provenance.observing.journal import Observed, read_journal


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path)


class Journal:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.time = 0.0

    def path(self, name: str, text: str = "abc") -> str:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def line(self, what: str, path: str, before: Path | None = None, **more) -> None:
        self.time += 1
        status = before.stat() if before else None
        size, mtime_ns, inode = (status.st_size, status.st_mtime_ns, status.st_ino) if status else (None, None, None)
        event = {"t": self.time, "what": what, "path": path, "by": "open", "root": "work", "sha256": None}
        event.update(size=size, mtime_ns=mtime_ns, inode=inode, tree=False)
        with (self.folder / "journal").open("a") as file:
            file.write(json.dumps(event | more) + "\n")

    def read(self, *, ended: bool = True) -> Observed:
        return read_journal(self.folder / "journal", ended=ended)


def test_a_run_that_opened_nothing_has_no_journal(tmp_path):
    assert read_journal(tmp_path / "none", ended=True) == Observed((), (), (), ())


def test_the_first_time_of_each_file_is_told_with_all_its_ways(journal):
    path = journal.path("a")
    journal.line("read", path, Path(path), sha256="first")
    journal.line("read", path, Path(path), sha256="second", by="h5py")
    (one,) = journal.read().reads
    assert (one.at, one.sha256, one.by, one.was_changed) == (1.0, "first", ("open", "h5py"), False)


def test_an_input_that_is_another_now_was_changed(journal):
    path = journal.path("a")
    journal.line("read", path, Path(path))
    journal.path("a", "longer")
    assert journal.read().reads[0].was_changed
    assert not journal.read(ended=False).reads[0].was_changed


def test_while_a_run_goes_on_its_temporary_files_are_told(journal):
    journal.line("write", str(journal.folder / "gone"))
    assert len(journal.read(ended=False).writes) == 1
    assert journal.read().writes == ()


def test_a_file_that_was_only_opened_for_writing_is_an_output_if_it_changed(journal):
    path = journal.path("a.sqlite")
    journal.line("read", path, Path(path))
    journal.line("write", path, Path(path), maybe=True)
    assert journal.read().writes == ()
    journal.path("a.sqlite", "longer")
    assert [(one.path, one.was_changed) for one in journal.read().writes] == [(path, True)]


def test_an_output_that_replaces_a_file_says_that_it_was_changed(journal):
    path = journal.path("a")
    journal.line("write", path, Path(path))
    journal.path("a", "longer")
    (one,) = journal.read().writes
    assert (one.was_changed, one.size, one.sha256) == (True, 6, None)


def test_a_file_renamed_over_an_input_is_both(journal):
    path = journal.path("a")
    journal.line("read", path, Path(path), sha256="x")
    journal.line("write", path + ".part")
    journal.line("rename", path + ".part", Path(path), to=path)
    seen = journal.read()
    assert [one.path for one in seen.reads] == [one.path for one in seen.writes] == [path]
    assert seen.writes[0].by == ("open",)


def test_names_that_were_renamed_twice_are_followed(journal):
    final = journal.path("c")
    journal.line("write", str(journal.folder / "a"))
    journal.line("rename", str(journal.folder / "a"), to=str(journal.folder / "b"))
    journal.line("rename", str(journal.folder / "b"), to=final)
    journal.line("read", final, Path(final))
    seen = journal.read()
    assert ([one.path for one in seen.writes], seen.reads) == ([final], ())


def test_a_folder_that_becomes_a_tree_is_one_object(journal):
    journal.path("a.zspy/0.0")
    for name in ("0.0", "0.1"):
        journal.line("write", str(journal.folder / "part" / name))
    journal.line("rename", str(journal.folder / "part"), to=str(journal.folder / "a.zspy"), tree=True)
    (one,) = journal.read().writes
    assert (one.path, one.is_tree, one.at) == (str(journal.folder / "a.zspy"), True, 1.0)


def test_what_is_no_line_of_a_journal_is_left_out(journal):
    path = journal.path("a")
    (journal.folder / "journal").write_text('[]\nnull\n{"what": "read"}\n{"what": "program", "t": 1}\n\x00\n')
    journal.line("read", path, Path(path))
    with (journal.folder / "journal").open("a") as file:
        file.write('{"t": 3.0, "what": "re')
    assert len(journal.read().reads) == 1
