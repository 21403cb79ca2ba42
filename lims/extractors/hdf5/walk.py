"""The whole of an HDF5 file as one tree, in the file's own order.

A group holds its attributes as "@name" and its members by name. A dataset is its value; one with attributes holds them
the same way and its value as "#value". Of a large one "#array" says what it is. "#link" is the path (of an external
one, file and path) of what stands elsewhere; "#unreadable" says why something is not there.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import h5py

from lims.extractors.hdf5.values import plain

LARGE = 1024
"""Numbers beyond which a dataset is described and not listed."""
MOST_VALUES = 1 << 20
MOST_OBJECTS = 20_000
DEEPEST = 28
LARGE_CHUNK = 64 << 20
UNREADABLE = (OSError, TypeError, ValueError, KeyError, RuntimeError, AttributeError, OverflowError)
"""What h5py raises for a value that it cannot give."""


@dataclass(frozen=True)
class Array:
    """What is known of a dataset without opening it again. is_scale: it is an axis of others."""

    path: str
    shape: tuple[int, ...]
    itemsize: int
    is_scale: bool = False

    @property
    def size(self) -> int:
        return math.prod(self.shape)


@dataclass
class Walk:
    """One walk through a file. arrays: those of numbers, in the order in which they were met."""

    file: h5py.File
    arrays: list[Array] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seen: dict[Any, str] = field(default_factory=dict)
    values: int = MOST_VALUES
    objects: int = MOST_OBJECTS

    def tree(self) -> dict[str, Any]:
        self.already(self.file["/"], "/")
        return self.group(self.file, 0)

    def group(self, group: h5py.Group, depth: int) -> dict[str, Any]:
        node = dict(self.attributes(group))
        for name in group:
            if self.objects <= 0:
                self.warn(f"It has more than {MOST_OBJECTS} objects; the rest is not listed.")
                break
            self.objects -= 1
            node[name] = self.member(group, name, depth + 1)
        return node

    def member(self, group: h5py.Group, name: str, depth: int) -> Any:
        path = f"{group.name.rstrip('/')}/{name}"
        try:
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                return {"#link": {"file": link.filename, "path": link.path}}
            if isinstance(link, h5py.SoftLink):
                return {"#link": link.path}
            return self.found(group[name], path, depth)
        except UNREADABLE as error:
            return {"#unreadable": " ".join(str(error).split())}

    def found(self, thing: Any, path: str, depth: int) -> Any:
        known = self.already(thing, path)
        if known:
            return {"#link": known}
        if isinstance(thing, h5py.Dataset):
            return self.dataset(thing, path)
        if isinstance(thing, h5py.Group):
            if depth > DEEPEST:
                self.warn(f"What lies deeper than {DEEPEST} groups is not listed.")
                return {"#unreadable": "it lies too deep"}
            return self.group(thing, depth)
        return {"#type": str(thing.dtype)} if isinstance(thing, h5py.Datatype) else {}

    def already(self, thing: Any, path: str) -> str:
        """The path by which the same thing was met before, "" for the first time. Links may lead in a circle."""
        info = h5py.h5o.get_info(thing.id)
        if info.rc < 2 and not isinstance(thing, h5py.Group):
            return ""
        known = self.seen.setdefault((info.fileno, info.addr), path)
        return "" if known == path else known

    def dataset(self, dataset: h5py.Dataset, path: str) -> Any:
        node = dict(self.attributes(dataset))
        shape, dtype = dataset.shape, dataset.dtype
        if dtype.kind in "biufc" and shape:
            self.arrays.append(Array(path, shape, dtype.itemsize, node.get("@CLASS") == b"DIMENSION_SCALE"))
        is_large = self.is_large(math.prod(shape or ()), dtype.itemsize, dataset.chunks or ())
        value = {"#array": description(dataset)} if is_large else {"#value": plain(dataset[()], dtype, self.file)}
        if dataset.chunks:
            self.warn_of_filters(dataset)
        return value["#value"] if not node and "#value" in value else node | value

    def is_large(self, size: int, itemsize: int, chunks: tuple[int, ...]) -> bool:
        fits = size <= min(LARGE, max(self.values, 1)) and itemsize * size <= 1 << 20
        if not fits or math.prod(chunks) * itemsize > LARGE_CHUNK:
            return True
        self.values -= size
        return False

    def attributes(self, thing: Any) -> Iterator[tuple[str, Any]]:
        for name in thing.attrs:
            try:
                yield f"@{name}", plain(thing.attrs[name], thing.attrs.get_id(name).dtype, self.file)
            except UNREADABLE as error:
                yield f"@{name}", {"#unreadable": " ".join(str(error).split())}

    def warn_of_filters(self, dataset: h5py.Dataset) -> None:
        for number, name in filters(dataset):
            if not h5py.h5z.filter_avail(number):
                self.warn(f"{dataset.name} is compressed in a way that nothing here can undo: {name or number}.")

    def warn(self, words: str) -> None:
        if words not in self.warnings and len(self.warnings) < 20:
            self.warnings.append(words)


def description(dataset: h5py.Dataset) -> dict[str, Any]:
    """What a large array is: shape, type, how it is stored."""
    fields = dataset.dtype.fields
    kind = {name: str(fields[name][0]) for name in dataset.dtype.names} if fields else str(dataset.dtype)
    described: dict[str, Any] = {"shape": list(dataset.shape), "dtype": kind}
    if dataset.chunks:
        described["chunks"] = list(dataset.chunks)
    names = [name or str(number) for number, name in filters(dataset)]
    if names:
        described["filters"] = names
    if dataset.is_virtual:
        described["virtual"] = sorted({source.file_name for source in dataset.virtual_sources()})
    if dataset.external:
        described["external"] = [name for name, _, _ in dataset.external]
    return described


def filters(dataset: h5py.Dataset) -> list[tuple[int, str]]:
    """(number, name) of each step of the compression."""
    layout = dataset.id.get_create_plist()
    found = [layout.get_filter(number) for number in range(layout.get_nfilters())]
    return [(code, name.decode("utf-8", "replace").partition(";")[0]) for code, _, _, name in found]
