"""Work cut into parts: few enough bytes and files that losing one costs little, many enough that it pays.

A handful is read by one child, a shard by one worker of a cluster.
"""

from collections.abc import Iterator, Sequence

from lims.harvest.pace import bytes_of
from lims.harvest.reading import Work

SHARD_FILES = 16
SHARD_BYTES = 64 << 20
HANDFUL_FILES = 8
HANDFUL_BYTES = 32 << 20
"""Their checksums come first, and a halted pass waits for them. A child of its own is little beside a larger file."""
Shard = tuple[Work, ...]


def shards(works: Sequence[Work]) -> Iterator[Shard]:
    """In the order of the works. A file larger than a whole shard is one of its own."""
    shard: list[Work] = []
    size = 0
    for work in works:
        if shard and (len(shard) == SHARD_FILES or size + bytes_of(work) > SHARD_BYTES):
            yield tuple(shard)
            shard, size = [], 0
        shard.append(work)
        size += bytes_of(work)
    if shard:
        yield tuple(shard)


def handfuls(works: Sequence[Work], workers: int) -> list[Shard]:
    """Files of one folder, which one child may read; in the order of the first of each.

    No handful is so large that a worker would have nothing to do.
    """
    most = min(HANDFUL_FILES, max(1, len(works) // (2 * workers)))
    found: list[list[Work]] = []
    open_: dict[tuple[str, str], list[Work]] = {}
    for work in works:
        one = work.dataset
        folder = one.store, one.key.rpartition("/")[0]
        handful = open_.get(folder, [])
        if not work.do_extract or one.bytes > HANDFUL_BYTES:
            found.append([work])
        elif handful and len(handful) < most and sum(map(bytes_of, (*handful, work))) <= HANDFUL_BYTES:
            handful.append(work)
        else:
            open_[folder] = [work]
            found.append(open_[folder])
    return [tuple(handful) for handful in found]
