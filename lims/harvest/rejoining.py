"""Files that are back: where they were, or under another name.

Size and time alone do not say on every disk that a file was renamed (FAT and some shares keep whole seconds only). Then
it is gone and a new one is there, until the checksum says that they are one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lims.catalog import Transaction
from lims.harvest.absorbing import forget, is_of_interest
from lims.harvest.copies import at_place_of, with_copies
from lims.model import Dataset


def rejoin(change: Transaction, newcomers: Sequence[Dataset]) -> list[Dataset]:
    """What was missing lives on in the place of a newcomer that has its size, its time and its content.

    newcomers: whose checksums are known since now. Returns those that are back, and others' copies by that.
    """
    hashes = {one.sha256 for one in newcomers if one.sha256 and one.bytes}
    lost = change.unrestricted.datasets(sha256=hashes, status="missing") if hashes else []
    back = []
    for one in newcomers if lost else ():
        fitting = [other for other in lost if identity_of(other) == identity_of(one)]
        if len(fitting) == 1 and not is_of_interest(change.unrestricted, one):
            lost.remove(fitting[0])
            forget(change, one)
            back.append(in_place_of(fitting[0], one))
    if not back:
        return []
    note_return(change, [one.id for one in back])
    arranged = with_copies(change.unrestricted, back)
    change.put_all(arranged, action="dataset.move")
    return arranged


def identity_of(one: Dataset) -> tuple[object, ...]:
    files = (one.sha256, tuple(sorted(one.companions_sha256)), one.bytes, one.modified)
    return (one.kind, one.owner, one.instrument, *files)


def in_place_of(lost: Dataset, newcomer: Dataset) -> Dataset:
    """What was read of it before it was gone is still so."""
    return replace(at_place_of(lost, newcomer), status="extracted" if lost.format else "failed")


def note_return(change: Transaction, datasets: Iterable[str]) -> None:
    """That somebody has seen that they were gone says nothing of the next time."""
    for one in change.unrestricted.settlements(list(datasets), about="absence"):
        change.remove(one, action="dataset.return")
