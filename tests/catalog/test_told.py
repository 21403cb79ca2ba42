"""What was said of sessions, found by its words: as a look at each text finds it, whatever has changed meanwhile."""

import random

import pytest

from lims.catalog.search import told as module
from lims.catalog.search.told import Told
from lims.catalog.words import side_by_side, spoken, words_of

WORDS = ("grain", "grains", "boundary", "boundaries", "Fe-17", "4PH", "Ångström", "a", "beam", "unstable", "17")


@pytest.mark.parametrize("most_changed", [0, 5, 10_000])
def test_words_and_phrases_are_found_as_a_look_at_each_text_finds_them(
    monkeypatch: pytest.MonkeyPatch, most_changed: int
) -> None:
    monkeypatch.setattr(module, "MOST_CHANGED", most_changed)
    chance, told = random.Random(most_changed), Told()
    texts = [""]
    for _ in range(60):
        texts += [""] * chance.choice((0, 0, 3))
        slots = chance.sample(range(len(texts)), min(len(texts), 4))
        for slot in slots:
            said = [" ".join(chance.choices(WORDS, k=chance.randint(0, 4))) for _ in range(2)]
            texts[slot] = spoken(said)
        told.put(slots, [texts[slot] for slot in slots], len(texts))
        for _ in range(5):
            asked, is_whole = " ".join(chance.choices(WORDS, k=chance.randint(1, 3))), chance.random() < 0.5
            wanted = side_by_side(words_of(asked), is_whole=is_whole)
            expected = [wanted in text for text in texts]
            assert told.find(asked, is_whole=is_whole).tolist() == expected, (asked, is_whole)


def test_of_nothing_nothing_is_found() -> None:
    told = Told()
    assert told.find("grain", is_whole=False).tolist() == []
    told.put([], [], 3)
    assert told.find("-", is_whole=False).tolist() == [False, False, False]
