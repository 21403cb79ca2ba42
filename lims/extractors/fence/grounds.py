"""What may be opened: where the libraries are, and what belongs to one dataset."""

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SYSTEM = (
    "/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64",
    "/System/Library", "/Library/Frameworks",
    "/usr/share/zoneinfo", "/usr/share/fonts", "/usr/local/share/fonts", "/etc/fonts",
    "/etc/localtime", "/etc/timezone", "/etc/mime.types",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld.so.preload",
    "/sys/devices/system/cpu",
)  # fmt: skip
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
LIBRARY_FOLDERS = ("site-packages", "dist-packages", "lib-dynload")


@dataclass(frozen=True)
class Grounds:
    """Real paths, so without links. files, roots (with all below): to read. drops: folders in which to write pictures.

    scratch: the child's own folder, where it may do anything.
    """

    files: frozenset[str]
    roots: tuple[str, ...]
    drops: tuple[str, ...]
    scratch: str

    def may_read(self, path: str) -> bool:
        return path in self.files or is_below(path, (*self.roots, self.scratch))

    def may_write(self, path: str) -> bool:
        return path in DEVICES or is_below(path, (*self.drops, self.scratch))


def grounds(path: Path, companions: Sequence[Path], drops: Iterable[Path], scratch: Path) -> Grounds:
    dataset = [os.path.realpath(part) for part in (path, *companions)]
    trees = tuple(part for part in dataset if os.path.isdir(part))  # noqa: PTH112
    return Grounds(
        files=frozenset(part for part in dataset if not is_below(part, trees)) | set(DEVICES),
        roots=(*libraries(), *trees),
        drops=tuple(sorted({os.path.realpath(drop) for drop in drops})),
        scratch=os.path.realpath(scratch),
    )


def together(several: Sequence[Grounds]) -> Grounds:
    """What any of them may, all with the same scratch folder."""
    return Grounds(
        files=frozenset().union(*(one.files for one in several)),
        roots=tuple(dict.fromkeys(root for one in several for root in one.roots)),
        drops=tuple(dict.fromkeys(drop for one in several for drop in one.drops)),
        scratch=several[0].scratch,
    )


def is_below(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(root + os.sep) for root in roots)


@cache
def libraries() -> tuple[str, ...]:
    """Folders of code: the system's, Python's, the installed packages', and of a project's folder only its packages.

    A project's folder (an editable installation, PYTHONPATH) can hold anything beside them, even a facility.
    """
    paths = sysconfig.get_paths()
    found = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    found += [f"{prefix}/{part}" for prefix in (sys.prefix, sys.base_prefix) for part in ("lib", "lib64")]
    for entry in (os.path.realpath(entry) for entry in sys.path if entry):
        is_library = entry.rpartition(os.sep)[2] in LIBRARY_FOLDERS or is_below(entry, tuple(found))
        found += [entry] if is_library or entry.endswith(".zip") else packages_in(entry)
    real = {os.path.realpath(path) for path in (*found, *SYSTEM) if os.path.exists(path)}  # noqa: PTH110
    return tuple(sorted(path for path in real if not is_below(path, tuple(real - {path}))))


def packages_in(folder: str) -> Iterator[str]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        is_package = entry.is_dir() and os.path.isfile(f"{entry.path}/__init__.py")  # noqa: PTH113
        if is_package or entry.name.endswith((".py", ".so")):
            yield entry.path
