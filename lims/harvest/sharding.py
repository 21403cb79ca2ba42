"""Work cut into shards: few enough bytes and files that losing one costs little, many enough that sending it pays."""

from collections.abc import Iterator, Sequence

from lims.harvest.pace import bytes_of
from lims.harvest.reading import Work

SHARD_FILES = 16
SHARD_BYTES = 64 << 20
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
