"""The extractor of patterns and maps in files of their own."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from lims.extractors.arrays import ArrayExtractor, Reading
from lims.extractors.ebsd.ebsp import is_ebsp, read_ebsp
from lims.extractors.ebsd.maps import is_ang, is_ctf, read_ang, read_ctf
from lims.extractors.ebsd.nordif import is_nordif, read_nordif
from lims.extractors.ebsd.up import is_up, read_up
from lims.extractors.tree import as_json
from lims.plugins import NotMine, head_of

KINDS: tuple[tuple[Callable[[bytes, str], bool], Callable[[Path, Sequence[Path]], Reading]], ...] = (
    (is_up, lambda path, companions: read_up(path)),
    (is_ebsp, lambda path, companions: read_ebsp(path)),
    (is_ang, lambda path, companions: read_ang(path)),
    (is_ctf, lambda path, companions: read_ctf(path)),
    (is_nordif, read_nordif),
)


class Ebsd(ArrayExtractor):
    name = "ebsd"
    version = "1"
    formats = ("up", "ebsp", "nordif", "ang", "ctf")
    modules = ("dask.array",)

    def sniff(self, head: bytes, name: str) -> bool:
        return any(is_it(head, name) for is_it, _ in KINDS)

    def read(self, path: Path, companions: Sequence[Path]) -> Reading:
        head = head_of(path)
        for is_it, read in KINDS:
            if is_it(head, path.name):
                reading = read(path, companions)
                tree = as_json(reading.tree)
                return replace(reading, tree=tree, signals=[replace(raw, original=tree) for raw in reading.signals])
        raise NotMine(path.name)
