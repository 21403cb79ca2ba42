from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lims.catalog.search.grammar import All, Any, BadQuery, Not, Term, Word, parse


def word(text: str, at: int) -> Word:
    return Word(text, at)


def test_words_are_all_wanted() -> None:
    assert parse("grain  steel") == All((word("grain", 0), word("steel", 7)))
    assert parse("grain AND steel") == All((word("grain", 0), word("steel", 10)))


def test_a_phrase_is_one_word_with_its_blanks() -> None:
    assert parse('"grain boundary"') == Word("grain boundary", 0, is_quoted=True)
    assert parse(r'"say \"cheese\""') == Word('say "cheese"', 0, is_quoted=True)


def test_minus_negates_what_follows_and_is_a_letter_inside_a_word() -> None:
    assert parse("-blank") == Not(word("blank", 1))
    assert parse("NOT blank") == Not(word("blank", 4))
    assert parse("17-4-500C") == word("17-4-500C", 0)
    assert parse("-(a b)") == Not(All((word("a", 2), word("b", 4))))
    assert parse("-") == word("-", 0)


def test_or_binds_less_than_and() -> None:
    assert parse("a b OR c") == Any((All((word("a", 0), word("b", 2))), word("c", 7)))
    assert parse("a (b OR c)") == All((word("a", 0), Any((word("b", 3), word("c", 8)))))
    assert parse("or not and") == All((word("or", 0), word("not", 3), word("and", 7)))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("format:dm3", Term("format", "", "dm3", 0, 7)),
        ("voltage:>=200kV", Term("voltage", ">=", "200kV", 0, 10)),
        ("pixel:10..20nm", Term("pixel", "..", "10", 0, 6, "20nm")),
        ("pixel:..20nm", Term("pixel", "..", "", 0, 6, "20nm")),
        ("pixel:10nm..", Term("pixel", "..", "10nm", 0, 6, "")),
        ('title:"grain boundary"', Term("title", "", "grain boundary", 0, 6, is_quoted=True)),
        ("Microscope_Info.Voltage:>1e5", Term("Microscope_Info.Voltage", ">", "1e5", 0, 25)),
        ("*.Voltage:1", Term("*.Voltage", "", "1", 0, 10)),
        ('"Microscope Info.Voltage":>1e5', Term("Microscope Info.Voltage", ">", "1e5", 0, 27)),
        ("derived-from:dat-1", Term("derived-from", "", "dat-1", 0, 13)),
        ("name:image_001.dm3", Term("name", "", "image_001.dm3", 0, 5)),
        ("after:2018-11-13T17:30", Term("after", "", "2018-11-13T17:30", 0, 6)),
        ("проект:сталь", Term("проект", "", "сталь", 0, 7)),
    ],
)
def test_fields(query: str, expected: Term) -> None:
    assert parse(query) == expected


def test_a_time_of_day_is_a_word_and_no_field() -> None:
    assert parse("18:08") == word("18:08", 0)


def test_several_values_of_one_field() -> None:
    first, second = parse("format:(dm3 OR tif)").nodes  # type: ignore[union-attr]
    assert (first.field, first.text, second.field, second.text) == ("format", "dm3", "format", "tif")


@pytest.mark.parametrize(
    ("query", "position", "says"),
    [
        ('grain "boundary', 6, "never closed"),
        ("(a b", 0, "never closed"),
        ("a) b", 1, "closes nothing"),
        ("a OR", 4, "after OR"),
        ("OR a", 0, "before OR"),
        ("a NOT", 5, "after NOT"),
        ("voltage:", 8, "value is missing"),
        ("voltage:>= 200kV", 10, "value is missing"),
        ("format:(tag:x)", 8, "values, not fields"),
        ("(" * 60, 51, "Too many brackets"),
        ("NOT " * 900 + "a", 204, "Too many"),
        ("a" * 4001, 4000, "longer than"),
    ],
)
def test_what_cannot_be_understood_is_pointed_at(query: str, position: int, says: str) -> None:
    with pytest.raises(BadQuery) as caught:
        parse(query)
    assert caught.value.position == position
    assert says in caught.value.message
    assert f"character {position + 1}" in caught.value.message


@given(st.text(alphabet=st.sampled_from('ab:-"()<>=. *ORANDT\\ü')))
def test_any_text_is_a_query_or_says_that_it_is_none(query: str) -> None:
    with suppress(BadQuery):
        parse(query)
