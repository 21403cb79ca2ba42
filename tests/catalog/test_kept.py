"""What is kept of tables that are only added to is what reading all of them again would tell."""

import threading
from collections.abc import Callable

import pyarrow as pa
import pytest

from lims.catalog import Catalog
from lims.catalog.search import kept
from lims.catalog.search.kept import NOTHING_YET, Kept, Rows
from lims.model import SYSTEM, Extraction, new_id
from tests.catalog.world import dataset


class Table:
    """Documents from 1 on, each with ten times its number; and after which document it was read."""

    def __init__(self, docs: int) -> None:
        self.docs = docs
        self.asked: list[int] = []

    def read(self, after: int, most: int) -> pa.Table:
        self.asked.append(after)
        docs = [doc for doc in range(1, self.docs + 1) if doc > after][: most + 1]
        return pa.table({"doc": docs, "number": [10.0 * doc for doc in docs]})


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "FEWEST", 2)


def told(rows: Rows | None) -> tuple[list[int], list[float]]:
    assert rows is not None
    return rows.docs.tolist(), rows.numbers.tolist()


def test_only_what_came_since_is_read_again() -> None:
    table, its = Table(3), Kept()
    assert told(its.get("a", table.read, 3)) == ([1, 2, 3], [10, 20, 30])
    assert told(its.get("a", table.read, 3)) == ([1, 2, 3], [10, 20, 30])
    assert table.asked == [NOTHING_YET]
    table.docs = 5
    assert told(its.get("a", table.read, 5)) == ([1, 2, 3, 4, 5], [10, 20, 30, 40, 50])
    assert table.asked == [NOTHING_YET, 3]


def test_what_the_index_does_not_know_yet_is_told_and_not_kept() -> None:
    table, its = Table(5), Kept()
    assert told(its.get("a", table.read, 3))[0] == [1, 2, 3, 4, 5]
    assert told(its.get("a", table.read, 5))[0] == [1, 2, 3, 4, 5]
    assert table.asked == [NOTHING_YET, 3]


def test_who_sees_less_than_the_index_is_told_and_changes_nothing() -> None:
    table, its = Table(3), Kept()
    its.get("a", table.read, NOTHING_YET)
    assert its.bytes == 0
    its.get("a", table.read, 2)
    assert told(its.get("a", table.read, NOTHING_YET))[0] == [1, 2, 3]
    assert table.asked == [NOTHING_YET, NOTHING_YET, 2]
    assert told(its.get("a", table.read, 2))[0] == [1, 2]


def test_the_longest_unasked_goes_first_and_few_rows_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_BYTES", 80)
    table, its = Table(3), Kept()  # room for two of 36
    for what in ("a", "b", "a", "c", "a"):
        its.get(what, table.read, 3)
    assert len(table.asked) == 3
    assert its.bytes == 72
    its.get("b", table.read, 3)
    assert len(table.asked) == 4
    few = Table(1)
    for _ in range(2):
        its.get("few", few.read, 1)
    assert len(few.asked) == 2


def test_too_many_are_left_to_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 4)
    table, its = Table(4), Kept()
    assert told(its.get("a", table.read, 4))[0] == [1, 2, 3, 4]
    table.docs = 5
    assert its.get("a", table.read, 5) is None
    assert its.get("a", table.read, 5) is None
    assert table.asked == [NOTHING_YET, 4]


def test_where_there_are_many_files_more_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 4)
    table = Table(9)
    files = [2]
    its = Kept(lambda: files[0])
    assert its.get("a", table.read, 9) is None
    assert its.get("a", table.read, 9) is None
    assert len(table.asked) == 1
    files[0] = 3
    assert told(its.get("a", table.read, 9))[0] == [*range(1, 10)]


def test_rows_that_were_cut_off_are_never_taken_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files come while somebody reads: what was too many when it was asked stays so for this question."""
    monkeypatch.setattr(kept, "MOST", 4)
    table, files = Table(9), [1]

    def read(after: int, most: int) -> pa.Table:
        found = table.read(after, most)
        files[0] = 100
        return found

    its = Kept(lambda: files[0])
    assert its.get("a", read, 9) is None
    assert told(its.get("a", read, 9))[0] == [*range(1, 10)]


@pytest.mark.parametrize("most", [3, 1_000])
def test_a_catalog_finds_the_same_with_few_and_with_many(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(kept, "MOST", most)
    view = catalog.view(SYSTEM)
    for number in range(1, 9):
        one = dataset(f"grain {number}.dm3")
        tree = {"Tension": number / 10, "Id": new_id("dataset")}
        catalog.write(
            lambda change, one=one, tree=tree: (  # type: ignore[misc]
                change.put(one, action="put"),
                change.put_extraction(one.id, Extraction("dm3", "test", "1", (), {}, tree)),
            ),
            by=SYSTEM,
        )
        assert view.search("grain").total == number
        assert view.search("gra").total == number
        assert view.search("-grain").total == 0
        assert view.search("Tension:>0.25").total == max(0, number - 2)
        assert view.search("Tension:0.15..0.45").total == min(3, max(0, number - 1))


def test_one_document_may_have_many_words_that_begin_alike(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 10)
    for number in range(6):
        one = dataset(f"grain gray grass {number}.dm3")
        catalog.write(lambda change, one=one: change.put(one, action="put"), by=SYSTEM)  # type: ignore[misc]
    view = catalog.view(SYSTEM)
    assert [view.search("gra").total for _ in range(2)] == [6, 6]
    assert view.search("-gra").total == 0


def test_a_commit_in_the_midst_of_following_is_not_taken_for_known(catalog: Catalog) -> None:
    """Somebody whose moment is an earlier one must not keep what a document has that only the index knows."""
    for number in range(3):
        put(catalog, f"grain {number}.dm3")
    view, index = catalog.view(SYSTEM), catalog._indexes.present
    assert view.search("").total == 3
    with catalog.at_one_moment():
        catalog._reader.rows("SELECT 1 FROM memory.main.dataset")
        now = catalog.snapshot()
        elsewhere(lambda: (put(catalog, "grain 3.dm3"), view.search("")))
        with index.lock:
            index.follow()
            assert index._snapshot > now
            assert index.settled == NOTHING_YET
        assert view.search("grain").total == 3
    assert view.search("grain").total == 4
    assert index.kept.bytes > 0


def put(catalog: Catalog, name: str) -> None:
    one = dataset(name)
    catalog.write(lambda change: change.put(one, action="put"), by=SYSTEM)


def elsewhere(do: Callable[[], object]) -> None:
    thread = threading.Thread(target=do)
    thread.start()
    thread.join()
