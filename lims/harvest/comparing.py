"""What other versions of the readers, or other corrections, would say of datasets that are known already.

Nothing is written: adopting.py does that, with what was seen here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Literal

from lims.catalog import Catalog
from lims.catalog.leaves import leaves_of
from lims.errors import LimsError
from lims.harvest.attaching import instrument_of
from lims.harvest.correcting import known_better
from lims.harvest.reading import is_as_listed, on_this_machine
from lims.harvest.report import FailedFile
from lims.harvest.tools import Tools
from lims.model import SYSTEM, Dataset, Extraction, Signal, Value
from lims.plugins import extractors

EXAMPLES = 5
LONGEST = 200
Part = Literal["field", "signals", "path"]


@dataclass(frozen=True)
class Example:
    """before, after: "" where there is nothing."""

    dataset: str
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    """One field, the signals, or one path of the vendor's tree, over all datasets compared; how many are different."""

    part: Part
    name: str
    added: int
    removed: int
    changed: int
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Comparison:
    """readers: "before → after" and how many datasets that concerns. different: ids.

    failed: what could be read before and now cannot; it stays as it is. adopted: how many were read anew and kept.
    """

    compared: int
    same: int
    different: tuple[str, ...]
    readers: dict[str, int]
    differences: tuple[Difference, ...]
    failed: tuple[FailedFile, ...] = ()
    adopted: int = 0


@dataclass(frozen=True)
class Pair:
    """One dataset, as it is kept and as it would be. A thing that differs: (part, name) -> (before, after)."""

    dataset: Dataset
    readers: str = ""
    differs: dict[tuple[Part, str], tuple[str, str]] = field(default_factory=dict)
    failed: str = ""


def outdated(catalog: Catalog) -> list[str]:
    """Datasets that were read by a version of an extractor that is not installed any more."""
    now = {(one.name, one.version) for one in extractors()}
    return [dataset for dataset, reader in catalog.view(SYSTEM).readers().items() if reader not in now]


def compare(tools: Tools, datasets: Sequence[str], workers: int) -> Iterator[Pair]:
    """Read these datasets again and hold them against what is kept, one after the other as they are done.

    Those that were never read, or whose files are gone or another since, are left to the harvest.
    """
    found = tools.catalog.view(SYSTEM).datasets(ids=datasets)
    known = [one for one in found if one.status == "extracted" and one.store in tools.stores]
    with ThreadPoolExecutor(workers, thread_name_prefix="compare") as threads:
        yield from threads.map(lambda one: pair_of(one, tools), known)


def pair_of(one: Dataset, tools: Tools) -> Pair:
    store = tools.stores[one.store]
    if not is_as_listed(one, store):
        return Pair(one, failed="its files are not those that were read; the harvest comes first")
    try:
        with on_this_machine(one, store) as (path, companions):
            outcome = tools.pool.run(path, companions)
    except (LimsError, OSError) as error:
        return Pair(one, failed=f"it cannot be read now: {error}")
    before = tools.catalog.view(SYSTEM).extraction(one.id)
    after = outcome.extraction
    if before is None or after is None:
        return Pair(one, failed=outcome.failed[0].reason if outcome.failed else "there is nothing to compare with")
    instrument = instrument_of(tools.catalog.view(SYSTEM), tools.all_grounds, one)
    row = replace(one, format=after.format, normalised=after.normalised)
    better = known_better(row, one.normalised, instrument).normalised
    differs = dict(differences(before, replace(after, normalised=better)))
    return Pair(one, f"{reader_of(before)} → {reader_of(after)}", differs)


def reader_of(one: Extraction) -> str:
    return f"{one.extractor} {one.extractor_version}"


def differences(before: Extraction, after: Extraction) -> Iterator[tuple[tuple[Part, str], tuple[str, str]]]:
    yield from unequal("field", said(before), said(after))
    yield from unequal("signals", {"signals": shown(before.signals)}, {"signals": shown(after.signals)})
    yield from unequal("path", leaves(before), leaves(after))


def said(one: Extraction) -> dict[str, str]:
    return {"format": one.format, **{name: worded(value) for name, value in one.normalised.items()}}


def worded(value: Value) -> str:
    doubt = "" if value.is_trusted else " (not to be trusted)"
    return f"{value.value} {value.unit}".strip() + f" [{value.source}]" + doubt


def shown(signals: Iterable[Signal]) -> str:
    return "; ".join(
        f"{one.title} {one.signal_type} {'×'.join(map(str, one.shape))} {one.dtype} "
        + ", ".join(f"{axis.name} {axis.scale:.6g} {axis.unit} from {axis.offset:.6g}" for axis in one.axes)
        for one in signals
    )


def leaves(one: Extraction) -> dict[str, str]:
    return {path: text for path, text, _ in leaves_of(one.metadata)}


def unequal(
    part: Part, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[tuple[tuple[Part, str], tuple[str, str]]]:
    for name in dict.fromkeys((*before, *after)):
        if before.get(name, "") != after.get(name, ""):
            yield (part, name), (before.get(name, ""), after.get(name, ""))


def summed(pairs: Iterable[Pair]) -> Comparison:
    """Fields first, then signals, then paths; what differs most often first."""
    readers: dict[str, int] = defaultdict(int)
    things: dict[tuple[Part, str], list[Example]] = defaultdict(list)
    counts: dict[tuple[Part, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    different, failed, compared = [], [], 0
    for pair in pairs:
        one = pair.dataset
        compared += 1
        if pair.failed:
            failed.append(FailedFile(one.key, "extract", pair.failed, one.id))
            continue
        readers[pair.readers] += 1
        different += [one.id] if pair.differs else []
        for thing, (before, after) in pair.differs.items():
            counts[thing][0 if not before else 1 if not after else 2] += 1
            if len(things[thing]) < EXAMPLES:
                things[thing].append(Example(one.id, one.name, before[:LONGEST], after[:LONGEST]))
    order = sorted(counts, key=lambda thing: (("field", "signals", "path").index(thing[0]), -sum(counts[thing])))
    listed = tuple(difference(thing, counts[thing], things[thing]) for thing in order)
    same = compared - len(failed) - len(different)
    return Comparison(compared, same, tuple(different), dict(readers), listed, tuple(failed))


def difference(thing: tuple[Part, str], counts: Sequence[int], examples: Sequence[Example]) -> Difference:
    added, removed, changed = counts
    return Difference(*thing, added, removed, changed, tuple(examples))
