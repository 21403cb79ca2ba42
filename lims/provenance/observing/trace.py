r"""The lines of `strace -f -y -ttt`, as calls that succeeded.

    4242 1795853300.011627 openat(AT_FDCWD</data/u>, "b\303\244r.tif", O_RDONLY|O_CLOEXEC) = 3</data/u/b\303\244r.tif>
    4242 1795853300.020000 rename("a.tmp", "a.tif" <unfinished ...>
    4243 1795853300.020100 openat(…) = -1 ENOENT (No such file or directory)
    4242 1795853300.020200 <... rename resumed>) = 0
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LINE = re.compile(r"^(\d+) +(\d+\.\d+) (.*)$")
UNFINISHED = re.compile(r"^(.*) <unfinished \.\.\.>$")
RESUMED = re.compile(r"^<\.\.\. \w+ resumed>(.*)$")
CALL = re.compile(r"^(\w+)\((.*)\) += (-?\d+|\?)(.*)$")
TEXT = r'"((?:[^"\\]|\\.)*)"(\.\.\.)?'
FOLDER_AND_PATH = re.compile(rf"(?:(AT_FDCWD|-?\d+)(?:<((?:[^>\\]|\\.)*)>)?, )?{TEXT}")
DESCRIPTOR = re.compile(r"^-?\d+<((?:[^>\\]|\\.)*)>")
FLAG = re.compile(r"\bO_\w+")
WORDS = re.compile(r"\[(.*)\]", re.DOTALL)
ESCAPED = re.compile(rb"\\([0-7]{1,3}|x[0-9a-f]{2}|.)", re.DOTALL)
LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"f": b"\f", b"a": b"\a", b"b": b"\b"}


@dataclass(frozen=True)
class Call:
    """A system call that succeeded. at: seconds since 1970; folder: the working folder, where the line tells it.

    paths: each with the folder it is relative to, empty for the working folder of a process that is not told.
    child: of a fork, the process; words: of an execve, its arguments.
    """

    process: int
    at: float
    name: str
    paths: tuple[tuple[str, str], ...]
    flags: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    folder: str = ""
    child: int = 0


def calls_in(log: Path) -> Iterator[Call]:
    """In the order in which they ended; a last line that was cut short is left out."""
    begun: dict[int, str] = {}
    with log.open(encoding="ascii", errors="surrogateescape") as file:
        for line in file:
            found = LINE.match(line.rstrip("\n"))
            if found is None:
                continue
            process, at, told = int(found[1]), float(found[2]), found[3]
            if unfinished := UNFINISHED.match(told):
                begun[process] = unfinished[1]
                continue
            if resumed := RESUMED.match(told):
                told = begun.pop(process, "") + resumed[1]
            call = parsed(process, at, told)
            if call is not None:
                yield call


def parsed(process: int, at: float, told: str) -> Call | None:
    found = CALL.match(told)
    if found is None or found[3].startswith(("-", "?")):
        return None
    name, arguments = found[1], found[2]
    if name == "execve":
        words = WORDS.search(arguments)
        given = tuple(decoded(word[0]) for word in re.findall(TEXT, words[1])) if words else ()
        return Call(process, at, name, paths_in(arguments)[:1], words=given)
    if name == "fchdir":
        descriptor = DESCRIPTOR.match(arguments)
        return Call(process, at, name, (("", decoded(descriptor[1])),)) if descriptor else None
    if "clone" in name or "fork" in name:
        return Call(process, at, name, (), child=int(found[3]))
    paths = paths_in(arguments)
    relative = (one for one in FOLDER_AND_PATH.finditer(arguments) if one[1] == "AT_FDCWD" and one[2])
    folder = next((decoded(one[2]) for one in relative), "")
    return Call(process, at, name, paths, tuple(FLAG.findall(after_texts(arguments))), folder=folder) if paths else None


def paths_in(arguments: str) -> tuple[tuple[str, str], ...]:
    return tuple((decoded(one[2] or ""), decoded(one[3])) for one in FOLDER_AND_PATH.finditer(arguments))


def after_texts(arguments: str) -> str:
    """What follows the paths, which may hold anything."""
    return arguments[arguments.rfind('"') + 1 :]


def decoded(told: str) -> str:
    """A name as os.fsdecode would give it."""
    raw = ESCAPED.sub(unescaped, told.encode("ascii", "surrogateescape"))
    return os.fsdecode(raw)


def unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code[:1].isdigit():
        return bytes([int(code, 8) & 255])
    if code[:1] == b"x" and len(code) == 3:
        return bytes([int(code[1:], 16)])
    return LETTERS.get(code, code)
