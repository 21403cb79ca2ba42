"""What is read off the system calls of a program. strace must be there."""

import os
import subprocess

import pytest

from lims.errors import Unavailable
from lims.provenance.observing import strict
from lims.provenance.observing.strict import is_available, read_trace, traced
from lims.provenance.observing.trace import calls_in


def watched(run, shell, **more):
    """What a shell command in the working folder reads and writes."""
    log = run.folder / "log"
    subprocess.run(traced(["sh", "-c", shell], log), cwd=run.folder / "work", check=True, **more)
    return read_trace(log, run.config)


def test_it_is_available():
    assert is_available()


def test_without_strace_one_is_told_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    is_available.cache_clear()
    with pytest.raises(Unavailable, match="apt install strace"):
        traced(["true"], tmp_path / "log")
    is_available.cache_clear()


def test_where_tracing_is_not_allowed_it_is_not_available(monkeypatch, tmp_path):
    """A strace that fails as it does where ptrace is forbidden."""
    (tmp_path / "strace").write_text("#!/bin/sh\necho 'ptrace(PTRACE_TRACEME, ...): Not permitted' >&2; exit 1")
    (tmp_path / "strace").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    is_available.cache_clear()
    assert not is_available()
    is_available.cache_clear()


def test_any_program_is_seen_in_any_folder_that_it_goes_to(run):
    for name in ("a", "b", "c"):
        (run.folder / "store" / name).write_text("abc")
    seen = watched(run, "cat ../store/a > x; cd ../store; cat b > ../work/y; (cd /; true); cat c >> ../work/x")
    assert run.names(seen.reads) == ["store/a", "store/b", "store/c"]
    assert run.names(seen.writes) == ["work/x", "work/y"]
    assert [one.sha256 for one in seen.reads] == [None] * 3
    assert seen.programs == ("cat ../store/a", "cat b", "cat c")


def test_temporary_and_removed_and_failed_files_do_not_count(run):
    (run.folder / "work" / "in").write_text("abc")
    seen = watched(run, "cp in t; mv t u; echo > gone; rm gone; mkdir m; cat no 2>&-; echo 2>&- > no/no; true")
    assert run.names(seen.reads) == ["work/in"]
    assert run.names(seen.writes) == ["work/u"]


def test_names_may_hold_anything(run):
    names = ["a\nb", "ä€", 'q"u\\o, O_WRONLY', "with> <signs", os.fsdecode(b"\xff")]
    for name in names:
        (run.folder / "store" / name).write_text("abc")
    seen = watched(run, 'cd ../store; for f in *; do cat "$f" > "../work/$f"; done')
    assert sorted(run.names(seen.reads)) == sorted(f"store/{name}" for name in names)
    assert sorted(run.names(seen.writes)) == sorted(f"work/{name}" for name in names)


def test_a_database_that_is_only_read_is_no_output(run):
    make = "import sqlite3, sys; c = sqlite3.connect('a.sqlite'); c.execute('CREATE TABLE t (a)'); c.commit()"
    read = "import sqlite3; sqlite3.connect('a.sqlite').execute('SELECT * FROM t').fetchall()"
    change = "import sqlite3; c = sqlite3.connect('a.sqlite'); c.execute('INSERT INTO t VALUES (1)'); c.commit()"
    made = watched(run, f'python3 -c "{make}"')
    assert (run.names(made.reads), run.names(made.writes)) == ([], ["work/a.sqlite"])
    os.utime(run.folder / "work" / "a.sqlite", (1e9, 1e9))
    seen = watched(run, f'python3 -c "{read}"')
    assert (run.names(seen.reads), run.names(seen.writes)) == (["work/a.sqlite"], [])
    seen = watched(run, f'python3 -c "{change}"')
    assert (run.names(seen.reads), run.names(seen.writes)) == (["work/a.sqlite"], ["work/a.sqlite"])


def test_lines_of_several_processes_are_joined(tmp_path):
    """As strace writes them when a call is interrupted by another process's."""
    (tmp_path / "log").write_text(
        '10 1.000001 execve("/bin/sh", ["sh", "-c", "x"], 0x7ffe /* 3 vars */) = 0\n'
        '10 1.000002 openat(AT_FDCWD</home>, "a", O_RDONLY <unfinished ...>\n'
        '11 1.000003 rename("b\\303\\244", "c") = 0\n'
        "10 1.000004 <... openat resumed>)     = 3</data/a>\n"
        '10 1.000005 openat(AT_FDCWD</home>, "no", O_RDONLY) = -1 ENOENT (No such file or directory)\n'
        "10 1.000006 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD) = 12\n"
        '12 1.000007 openat(5</data>, "d", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 4</data/d>\n'
        "12 1.000008 +++ exited with 0 +++\n"
        '10 1.000009 openat(AT_FDCWD</home>, "cut sho'
    )
    calls = list(calls_in(tmp_path / "log"))
    assert [(call.process, call.name, call.paths) for call in calls] == [
        (10, "execve", (("", "/bin/sh"),)),
        (11, "rename", (("", "bä"), ("", "c"))),
        (10, "openat", (("/home", "a"),)),
        (10, "clone", ()),
        (12, "openat", (("/data", "d"),)),
    ]
    assert calls[0].words == ("sh", "-c", "x")
    assert calls[3].child == 12
    assert calls[4].flags == ("O_WRONLY", "O_CREAT", "O_TRUNC")


def test_only_the_calls_that_matter_stop_the_program():
    assert "--seccomp-bpf" in strict.tracer("log")
