from lims.importing import collection_id, folders_of
from lims.model import kind_of


def test_a_folder_with_nothing_of_its_own_is_there_for_those_below() -> None:
    found = folders_of([("a/b/one.dm3", "1"), ("a/b/two.dm3", "2"), ("top.txt", "3")])
    assert [(one.path, one.parent, one.things) for one in found] == [
        ("", None, ("3",)), ("a", "", ()), ("a/b", "a", ("1", "2")),
    ]  # fmt: skip


def test_the_top_is_there_also_of_nothing() -> None:
    assert [one.path for one in folders_of([])] == [""]


def test_a_folders_collection_is_found_again_by_its_place_and_is_no_others() -> None:
    ids = {collection_id("imported", f"AM-12/{number}") for number in range(1000)}
    assert len(ids) == 1000
    assert collection_id("imported", "AM-12/7") in ids
    assert collection_id("raw", "AM-12/7") not in ids
    assert {kind_of(one) for one in ids} == {"collection"}
