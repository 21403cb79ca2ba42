"""HDF5 opens other files by itself, out of Python's sight: external links, raw storage elsewhere, virtual sources.

Each of them has to be the file itself or its companion. Nothing is followed to find out.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import h5py

from lims.errors import PluginFailed
from lims.extractors.fence.refused import RefersElsewhere
from lims.plugins import reason_of

ITSELF = "."
UNKNOWN = "?"
"""What stands before the name of a link whose kind HDF5 does not know."""
NUMBERED = "%b"
"""In a virtual source's name: HDF5 puts a number there, so the name says too little."""


def ensure_self_contained(path: Path, companions: Sequence[Path]) -> list[str]:
    """Raises RefersElsewhere where an HDF5 file of the dataset leads out of it. Any other kind of file passes.

    Returns the names of files that would lie beside it and are not there, so that nothing can be read from them.
    Raises PluginFailed where the file is so damaged that nobody can tell.
    """
    parts = [part for part in (path, *companions) if part.is_file()]
    own = {os.path.realpath(part) for part in parts}
    missing: list[str] = []
    for part in parts:
        for name in references(part) if h5py.is_hdf5(part) else ():
            if is_missing(name, part):
                missing.append(name)
            elif not leads_to(name, part.parent, own):
                raise RefersElsewhere(name)
    return list(dict.fromkeys(missing))


def references(path: Path) -> list[str]:
    """The names of other files in an HDF5 file; none where it cannot be opened, which its reader will say better."""
    try:
        file = h5py.File(path, "r")
    except OSError:
        return []
    with file:
        try:
            return [os.fsdecode(name) for name in (*linked(file.id), *stored_elsewhere(file.id))]
        except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
            raise PluginFailed("hdf5", "1", path.name, reason_of(error, path)) from error


def linked(root: h5py.h5f.FileID) -> list[bytes]:
    """Files that links lead to. A link of a kind that HDF5 does not know says only its own name."""
    found: list[bytes] = []
    group = h5py.h5g.open(root, b"/")

    def look(name: bytes, info: h5py.h5l.LinkInfo) -> None:
        if info.type not in (h5py.h5l.TYPE_HARD, h5py.h5l.TYPE_SOFT):
            is_external = info.type == h5py.h5l.TYPE_EXTERNAL
            found.append(group.links.get_val(name)[0] if is_external else os.fsencode(UNKNOWN) + name)

    group.links.visit(look, info=True)
    return found


def stored_elsewhere(root: h5py.h5f.FileID) -> list[bytes]:
    """Files that hold the numbers of datasets."""
    found: list[bytes] = []

    def look(name: bytes, info: h5py.h5o.ObjInfo) -> None:
        if info.type == h5py.h5o.TYPE_DATASET:
            found.extend(sources(h5py.h5d.open(root, name).get_create_plist()))

    h5py.h5o.visit(root, look, info=True)
    return found


def sources(layout: h5py.h5p.PropDCID) -> Iterator[bytes]:
    for number in range(layout.get_external_count()):
        yield layout.get_external(number)[0]
    if layout.get_layout() == h5py.h5d.VIRTUAL:
        for number in range(layout.get_virtual_count()):
            yield os.fsencode(layout.get_virtual_filename(number))


def is_missing(name: str, path: Path) -> bool:
    """Whether a bare name is nowhere that HDF5 looks: beside the file, as named or as it really lies, or here."""
    if "/" in name or "\\" in name or name in ("", ITSELF, "..") or name.startswith(UNKNOWN) or NUMBERED in name:
        return False
    folders = (path.parent, Path(os.path.realpath(path)).parent, Path.cwd())
    return not any(os.path.lexists(folder / name) for folder in folders)


def leads_to(name: str, folder: Path, own: set[str]) -> bool:
    """Whether a name is one of the dataset's own files. HDF5 looks beside the file and in the working folder, too."""
    if name == ITSELF:
        return True
    found = [place for place in (folder / name, Path.cwd() / name) if place.exists()]
    return bool(found) and NUMBERED not in name and all(os.path.realpath(place) in own for place in found)
