from dataclasses import replace

from lims.harvest.reading import Work
from lims.harvest.sharding import HANDFUL_BYTES, HANDFUL_FILES, SHARD_BYTES, SHARD_FILES, handfuls, shards
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


def in_folder(folder: str, name: str, size: int = 1) -> Work:
    one = work(name, size)
    return replace(one, dataset=replace(one.dataset, key=f"{folder}/{name}"))


def test_a_handful_is_of_one_folder_and_store_and_stands_where_its_first_file_stood() -> None:
    a, b, c, d = (in_folder("ada", name) for name in "abcd")
    grace, imported = in_folder("grace", "x"), replace(a, dataset=replace(a.dataset, store="imports"))
    works = [a, grace, b, imported, c, d, *(in_folder("many", str(number)) for number in range(10))]
    assert handfuls(works, 1)[:3] == [(a, b, c, d), (grace,), (imported,)]
    assert [len(one) for one in handfuls(works, 1)[3:]] == [8, 2]
    assert HANDFUL_FILES == 8


def test_what_takes_long_or_is_only_hashed_has_no_company() -> None:
    large, hashed = in_folder("ada", "large", HANDFUL_BYTES + 1), replace(in_folder("ada", "h"), do_extract=False)
    small = [in_folder("ada", str(number)) for number in range(6)]
    assert handfuls([*small[:3], large, hashed, *small[3:]], 1)[:3] == [(*small[:4],), (large,), (hashed,)]


def test_no_worker_is_without_a_handful() -> None:
    works = [in_folder("ada", str(number)) for number in range(24)]
    assert [len(one) for one in handfuls(works, 3)] == [4] * 6
    assert [len(one) for one in handfuls(works[:5], 3)] == [1] * 5
    assert handfuls([], 3) == []
