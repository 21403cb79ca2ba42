"""What an answer says besides its results: what may have been meant, and where a result has what was asked."""

import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest

from lims.catalog.search import BadQuery
from lims.catalog.search.highlighting import marks_of
from lims.model import SYSTEM, Principal, SearchPage
from tests.catalog.world import ALICE, SECRET, STAFF, World, dataset

Search = Callable[..., SearchPage]


@pytest.fixture
def search(world: World) -> Search:
    def ask(query: str, *, kind: str | None = "dataset", **more: object) -> SearchPage:
        return world.catalog.view(STAFF).search(query, kind=kind, **more)  # type: ignore[arg-type]

    return ask


# --- did you mean ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("grian", "grain"),
        ("filamant unstable", "filament unstable"),
        ("haadf (grian OR moose)", "haadf (grain OR moose)"),
        ("Imag_001.dm3x", "image_001.dm3"),
        ("format:dm5", "format:dm3"),
        ("user:alise grain", "user:alice grain"),
        ("instrument:titam", "instrument:titan"),
        ('project:"AM-13"', "project:AM-12"),
        ("detector:hadf", "detector:HAADF"),
        ("Microscope_Info.*Key:technai", f'Microscope_Info.*Key:"Tecnai {SECRET}"'),
        ("quetzalcoatl", ""),
        ("grain fuel", ""),
        ("voltage:>900kV", ""),
        ("-grain grian", ""),
    ],
)
def test_a_query_that_finds_nothing_is_corrected_to_one_that_does(search: Search, query: str, meant: str) -> None:
    page = search(query, kind=None)
    assert (page.total, page.suggestion) == (0, meant)


def test_what_finds_something_is_not_corrected(search: Search) -> None:
    assert search("grai").suggestion == ""


@pytest.mark.parametrize("query", ["xyzyz", "notes:xyzyz", "tag:xyzyz", "user:alise", "Key:technai"])
def test_nobody_is_told_of_what_they_do_not_see_by_a_correction(world: World, query: str) -> None:
    try:
        page = world.catalog.view(Principal("mallory")).search(query)
    except BadQuery as error:
        assert SECRET not in str(error.hint).lower()  # noqa: PT017 — either is an answer
    else:
        assert (page.total, page.suggestion) == (0, "")


def test_a_state_that_is_none_is_answered_with_the_nearest(search: Search) -> None:
    with pytest.raises(BadQuery) as caught:
        search("is:faild")
    assert caught.value.hint.startswith("Did you mean is:failed?")


# --- highlights --------------------------------------------------------------------------------------------------


def highlighted(page: SearchPage) -> dict[str, set[tuple[str, str]]]:
    """{name of the result: {(where, what is marked)}}"""
    return {
        hit.name: {(one.where, one.text[begin:end]) for one in hit.highlights for begin, end in one.marks}
        for hit in page.items
    }


def test_a_result_says_where_it_has_what_was_asked(search: Search) -> None:
    found = highlighted(search("image_001 unsta haadf voltage:>150kV Microscope_Info.Voltage:2e5", highlights=True))
    assert found == {
        "image_001.dm3": {
            ("name", "image_001"),
            ("notes", "Ünsta"),
            ("detector_name", "HAADF"),
            ("acceleration_voltage", "200 kV"),
            ("Microscope Info.Voltage", "200000.0"),
        }
    }


def test_a_word_that_only_the_vendor_s_tree_has_is_shown_there(search: Search) -> None:
    found = highlighted(search("tecnai -image_000 -format:ser", highlights=True))
    assert found["image_002.dm3"] == {(f"Microscope Info.{SECRET} Key", "Tecnai")}


def test_a_record_names_the_file_that_has_it(world: World) -> None:
    (hit,) = world.catalog.view(ALICE).search("haadf boundar", kind="record", highlights=True).items
    said = {(one.where, one.text, one.dataset) for one in hit.highlights}
    assert any(("detector_name", "HAADF", one) in said for one in world.datasets)
    assert ("title", f"Grain boundaries {SECRET}", None) in said


def test_only_that_choice_is_shown_which_a_result_has(search: Search) -> None:
    found = highlighted(search("image (format:dm3 OR format:tif)", highlights=True))
    assert ("format", "tif") in found["image_000.dm3"]
    assert ("format", "dm3") not in found["image_000.dm3"]


def test_highlights_tell_nothing_of_a_session_that_is_not_seen(world: World) -> None:
    copy = replace(dataset("Titan_TEM/mine.dm3", minutes=5), owner="mallory", session=world.session)
    world.catalog.write(lambda change: change.put(copy, action="register"), by=SYSTEM)
    for query in ("mine", "mine OR grain", "mine OR user:alice", "mine OR tag:tag"):
        (hit,) = world.catalog.view(Principal("mallory")).search(query, highlights=True).items
        assert SECRET not in str(hit.highlights), query


def test_a_long_text_is_cut_around_what_matches(search: Search, world: World) -> None:
    note = "a " * 100 + "gold " + "b " * 100
    session = replace(world.catalog.view(STAFF).session(world.bobs_session), notes=note)
    world.catalog.write(lambda change: change.put(session, action="edit"), by=SYSTEM)
    found = {one for hit in search("gold", highlights=True).items for one in hit.highlights if one.where == "notes"}
    (only,) = found
    assert len(only.text) < 160
    assert [only.text[begin:end] for begin, end in only.marks] == ["gold"]


@pytest.mark.parametrize(
    ("text", "words", "is_whole", "expected"),
    [
        ("Fe-17_4PH_003.dm3", ["17", "4p"], False, ["17_4P"]),
        ("A\u030angström Ångström", ["angstrom"], True, ["Ångström", "Ångström"]),
        ("LiFePO₄ cathode", ["lifepo4"], False, ["LiFePO₄"]),
        ("grains grain", ["grain"], True, ["grain"]),
        ("no", ["yes"], False, []),
    ],
)
def test_marks_stand_where_the_words_do(text: str, words: list[str], is_whole: bool, expected: list[str]) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert [composed[a:b] for a, b in marks_of(text, words, is_whole=is_whole)] == expected
