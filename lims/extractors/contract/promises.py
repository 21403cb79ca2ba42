"""The promises: each is a function whose first line says it to people; it raises Broken where it is not kept."""

import dataclasses
import hashlib
import json
import math
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from lims.extractors.arrays import ArrayExtractor
from lims.extractors.outcome import Job, Limits, Outcome, from_json, to_json
from lims.extractors.pool import Pool
from lims.extractors.raw import Raw
from lims.model import Extraction
from lims.model.vocabulary import FIELDS, is_text
from lims.plugins import Extractor, head_of

NAMES = ("", "x", "x.mrc", "x.unf", "x.emi", "x.tif", "ü\n.tif")
LENGTHS = (0, 1, 3, 11, 64, 500, 4096)
CUTS = (0.0, 0.1, 0.5, 0.9)
MOST_SIGNALS = 3
LIMITS = Limits(cpu_s=10)
SHOWN = 60


class Broken(AssertionError):
    """A promise is not kept; the message says by what."""


@dataclass(frozen=True)
class Sample:
    """A file of the extractor's format, with the files that belong to it."""

    path: Path
    companions: tuple[Path, ...] = ()

    @cached_property
    def head(self) -> bytes:
        return head_of(self.path)

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(one for one in (self.path, *self.companions) if one.is_file())


def says_what_it_is(extractor: Extractor) -> None:
    """It has a name, a version and formats, none of them twice."""
    demand(bool(extractor.name) and bool(extractor.version), "its name or its version is empty")
    demand(len(extractor.formats) > 0, "it names no format")
    demand(len(set(extractor.formats)) == len(extractor.formats), "it names a format twice")


def sniffs_anything(extractor: Extractor) -> None:
    """Sniffing answers yes or no to any bytes and any name, and never fails."""
    noise = np.random.default_rng(1)
    for length in LENGTHS:
        for name in NAMES:
            answer = extractor.sniff(noise.bytes(length), name)
            demand(answer in (True, False), f"sniff answers {answer!r} to {length} bytes named {name!r}")


def knows_its_own(extractor: Extractor, sample: Sample) -> None:
    """It sniffs its sample, and says format, name and version as it announces them."""
    demand(extractor.sniff(sample.head, sample.path.name), "it does not sniff its own sample")
    found = read(extractor, sample)
    demand(found.format in extractor.formats, f"it reads a format that it does not announce: {found.format}")
    told = (found.extractor, found.extractor_version)
    demand(told == (extractor.name, extractor.version), f"it says that it is {told}")


def has_a_tree_of_json(extractor: Extractor, sample: Sample) -> None:
    """The vendor's tree is JSON: it comes back the same."""
    tree = read(extractor, sample).metadata
    try:
        same = json.loads(json.dumps(tree, allow_nan=False)) == tree
    except (TypeError, ValueError) as error:
        raise Broken(f"the tree cannot be JSON: {error}") from error
    demand(same, "the tree comes back changed: keys that are no texts, or tuples?")


def speaks_the_vocabulary(extractor: Extractor, sample: Sample) -> None:
    """Normalised values are of the vocabulary, in SI units, and lead back to the tree."""
    found = read(extractor, sample)
    for field, value in found.normalised.items():
        demand(field in FIELDS, f"{field} is no field of the vocabulary")
        demand(value.unit == FIELDS[field], f"{field} is in {value.unit!r}, not in {FIELDS[field]!r}")
        is_number = isinstance(value.value, float) and math.isfinite(value.value)
        demand(is_number != is_text(field), f"{field} is {value.value!r}")
        for source in (value.source, *(other.source for other in value.others)):
            demand(leads_somewhere(found, source), f"{field} comes from {source!r}, which is nowhere in the tree")


def has_axes_that_fit(extractor: Extractor, sample: Sample) -> None:
    """Every signal has a title, a type, and one axis a dimension, of its size and with finite numbers."""
    for number, signal in enumerate(read(extractor, sample).signals):
        demand(bool(signal.title) and bool(signal.dtype), f"signal {number} has no title or no dtype")
        sizes = tuple(axis.size for axis in signal.axes)
        demand(sizes == signal.shape, f"signal {number} has the shape {signal.shape} and axes of {sizes}")
        demand(all(type(size) is int for size in signal.shape), f"signal {number}: its shape are no plain numbers")
        finite = all(math.isfinite(axis.scale) and math.isfinite(axis.offset) for axis in signal.axes)
        demand(finite, f"signal {number} has an axis whose scale or offset is no finite number")
    for number, raw in enumerate(arrays_of(extractor, sample)):
        given = tuple(axis.get("size", size) for axis, size in zip(raw.axes, raw.data.shape, strict=False))
        fits = sorted(given) == sorted(raw.data.shape[: len(given)])
        demand(fits, f"signal {number} is an array of {raw.data.shape}, and its axes are given the sizes {given}")


def can_be_looked_at(extractor: Extractor, sample: Sample) -> None:
    """Every signal has a frame: a picture, colours or a line, of numbers."""
    for number in range(min(MOST_SIGNALS, len(read(extractor, sample).signals))):
        frame = extractor.preview(sample.path, sample.companions, number)
        shape = frame.data.shape
        is_picture = len(shape) in (1, 2) or (len(shape) == 3 and shape[2] in (3, 4))
        demand(is_picture, f"the frame of signal {number} has the shape {shape}")
        demand(frame.data.dtype.kind in "biufc" and frame.data.size > 0, f"the frame of signal {number} is no numbers")


def says_the_same_twice(extractor: Extractor, sample: Sample) -> None:
    """Reading again says the same."""
    first = read(extractor, sample)
    forget(extractor)
    second = read(extractor, sample)
    demand(first == second, f"the second reading says something else: {difference(first, second)}")


def changes_nothing(extractor: Extractor, sample: Sample) -> None:
    """Reading changes no byte and no time of its files, and leaves nothing beside them."""
    with tempfile.TemporaryDirectory(prefix="lims-") as folder:  # where no earlier reading has left anything
        linked = linked_in(Path(folder), sample)
        before = state_of(linked)
        read(extractor, linked)
        after = state_of(linked)
    changed = [Path(one).name for one in sorted(before.keys() | after.keys()) if before.get(one) != after.get(one)]
    demand(not changed, f"after reading there is another {', '.join(changed)}")


def survives_a_child(extractor: Extractor, sample: Sample) -> None:
    """Behind the fence, in a child with limits, it reads the same as here, also as the child's second file."""
    here = from_json(to_json(Outcome(read(extractor, sample)))).extraction
    outcomes = in_a_child(extractor, sample, sample)
    for where, outcome in zip(("in a child", "as a child's second file"), outcomes, strict=True):
        demand(not outcome.failed, f"{where} it fails: {[one.reason for one in outcome.failed]}")
        demand(outcome.extraction == here, f"{where} it says something else: {difference(here, outcome.extraction)}")


def takes_damage(extractor: Extractor, sample: Sample) -> None:
    """A file cut off anywhere is read, or there is a reason in words without a path of this machine."""
    whole = sample.path.read_bytes() if sample.path.is_file() else b""
    with tempfile.TemporaryDirectory(prefix="lims-") as folder:
        part = Path(folder) / sample.path.name
        for share in CUTS if whole else ():
            part.write_bytes(whole[: int(len(whole) * share)])
            (outcome,) = in_a_child(extractor, Sample(part))
            words = [one.reason for one in outcome.failed]
            demand((outcome.extraction is None) == bool(words), f"cut at {share:.0%}: neither a result nor a reason")
            demand(all(words), f"cut at {share:.0%}: the reason is empty")
            demand(not any(folder in one for one in words), f"cut at {share:.0%}: the reason has a path: {words}")


OF_EXTRACTORS: tuple[Callable[[Extractor], None], ...] = (says_what_it_is, sniffs_anything)
OF_SAMPLES: tuple[Callable[[Extractor, Sample], None], ...] = (
    knows_its_own,
    has_a_tree_of_json,
    speaks_the_vocabulary,
    has_axes_that_fit,
    can_be_looked_at,
    says_the_same_twice,
    changes_nothing,
    survives_a_child,
    takes_damage,
)


def demand(kept: bool, otherwise: str) -> None:
    if not kept:
        raise Broken(otherwise)


def read(extractor: Extractor, sample: Sample) -> Extraction:
    return extractor.extract(sample.path, sample.companions)


def forget(extractor: Extractor) -> None:
    """The reading that is kept for the preview."""
    if isinstance(extractor, ArrayExtractor):
        extractor.last = None


def arrays_of(extractor: Extractor, sample: Sample) -> Sequence[Raw]:
    if not isinstance(extractor, ArrayExtractor):
        return ()
    return extractor.opened(sample.path, sample.companions).signals


def difference(one: Extraction | None, other: Extraction | None) -> str:
    """The first place where two extractions differ, and what each has there."""
    if one is None or other is None:
        return "nothing at all"
    return next(differences(dataclasses.asdict(one), dataclasses.asdict(other)), "")


def differences(one: Any, other: Any, place: str = "") -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *(key for key in other if key not in one)]:
            yield from differences(one.get(key), other.get(key), f"{place}.{key}".lstrip("."))
    elif one != other:
        yield f"{place} is {str(one)[:SHOWN]!r} and {str(other)[:SHOWN]!r}"


def linked_in(folder: Path, sample: Sample) -> Sample:
    """The sample's files, as they lie to each other, by links in another folder."""
    top = Path(os.path.commonpath([one.absolute().parent for one in (sample.path, *sample.companions)]))
    there = [folder / one.absolute().relative_to(top) for one in (sample.path, *sample.companions)]
    for link, one in zip(there, (sample.path, *sample.companions), strict=True):
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():  # what lies in a linked folder is there already
            link.symlink_to(one.absolute())
    return Sample(there[0], tuple(there[1:]))


def in_a_child(extractor: Extractor, *samples: Sample) -> Iterator[Outcome]:
    """One after the other."""
    return pool_of(address_of(extractor)).read_all([Job(sample.path, sample.companions) for sample in samples])


@cache
def pool_of(address: str) -> Pool:
    """A fork server with this extractor alone; it ends with this process. Its code has to be found there, too."""
    places = dict.fromkeys((*sys.path, *os.environ.get("PYTHONPATH", "").split(os.pathsep)))
    os.environ["PYTHONPATH"] = os.pathsep.join(place for place in places if place)
    return Pool(LIMITS, [address])


def address_of(extractor: Extractor) -> str:
    """module:object, by which another process can import it. Raises Broken where no module has it."""
    top = type(extractor).__module__.partition(".")[0]
    for name in sorted(name for name in sys.modules if name.partition(".")[0] == top):
        for attribute, thing in vars(sys.modules[name]).items():
            if thing is extractor:
                return f"{name}:{attribute}"
    raise Broken("it is no global of its module, so no other process can import it")


def state_of(sample: Sample) -> dict[str, tuple[str, int]]:
    beside = {one for file in sample.files for one in file.parent.iterdir()}
    return {
        str(one): (hashlib.sha256(one.read_bytes()).hexdigest(), one.stat().st_mtime_ns)
        for one in sorted({*sample.files, *(one for one in beside if one.is_file())})
    }


def leads_somewhere(found: Extraction, source: str) -> bool:
    """Whether a dotted path leads somewhere in the tree, or in a signal's own; keys may have dots of their own."""
    if source.startswith(("reader: ", "signals.")):
        return True
    trees: list[tuple[Any, str]] = [(found.metadata, source)]
    trees += [(tree, source) for tree in found.metadata.get("signals", {}).values()]
    while trees:
        tree, path = trees.pop()
        if not path:
            return True
        for key, value in items_of(tree):
            if path == str(key) or path.startswith(f"{key}."):
                trees.append((value, path[len(str(key)) + 1 :]))
    return False


def items_of(tree: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(tree, dict):
        yield from tree.items()
    elif isinstance(tree, list):
        yield from enumerate(tree)
