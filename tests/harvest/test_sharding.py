from lims.harvest.sharding import SHARD_BYTES, SHARD_FILES, shards
from tests.harvest.works import work


def test_a_shard_is_bounded_in_files_and_bytes() -> None:
    works = [work(str(number)) for number in range(SHARD_FILES + 1)]
    assert [len(one) for one in shards(works)] == [SHARD_FILES, 1]
    half = [work(str(number), SHARD_BYTES // 2) for number in range(3)]
    assert [len(one) for one in shards(half)] == [2, 1]


def test_no_work_is_lost_and_the_order_stays() -> None:
    works = [work(str(number), number * SHARD_BYTES // 10) for number in range(40)]
    assert [one for shard in shards(works) for one in shard] == works
    assert list(shards([])) == []


def test_a_large_file_is_a_shard_of_its_own() -> None:
    works = [work("a"), work("large", 2 * SHARD_BYTES), work("b")]
    assert [[one.dataset.name for one in shard] for shard in shards(works)] == [["a"], ["large"], ["b"]]
