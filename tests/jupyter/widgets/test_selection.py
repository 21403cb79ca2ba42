from typing import Any

import pytest
import traitlets

from lims.errors import NotFound
from lims.jupyter import Gallery, RecordBrowser
from lims.jupyter.widgets import selection
from lims.jupyter.widgets.selection import Selected

DATASET = "dat-4k7m2q9x0t"
RECORD = "rec-4k7m2q9x0t"


def test_ids_become_things_that_know_what_they_are() -> None:
    browser = RecordBrowser(selected=[DATASET, RECORD])
    assert browser.selected == (Selected(DATASET), Selected(RECORD))
    assert [one.kind for one in browser.selected] == ["dataset", "record"]


def test_the_browser_sees_ids_and_its_choice_comes_back_as_things() -> None:
    browser = RecordBrowser(selected=[DATASET])
    assert browser.get_state("selected")["selected"] == [DATASET]
    browser.set_state({"selected": [RECORD, DATASET]})
    assert browser.selected == (Selected(RECORD), Selected(DATASET))


def test_a_change_is_heard_once_and_an_equal_choice_is_no_change() -> None:
    browser = RecordBrowser()
    heard: list[Any] = []
    browser.observe(lambda change: heard.append(change.new), "selected")
    browser.selected = [DATASET]
    browser.selected = [Selected(DATASET)]
    assert heard == [(Selected(DATASET),)]


def test_search_results_can_be_shown_in_a_gallery() -> None:
    class Result:
        id = DATASET

    assert Gallery([Result()]).datasets == (Selected(DATASET),)


@pytest.mark.parametrize("value", ["dat-4k7m2q9x0t", 7, None])
def test_what_is_no_list_is_refused(value: object) -> None:
    with pytest.raises(traitlets.TraitError):
        RecordBrowser(selected=value)


def test_opening_a_chosen_dataset_opens_that_dataset(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(selection.lims, "open", lambda ref, **options: opened.append((ref, options)), raising=False)
    Selected(DATASET).open(lazy=True)
    assert opened == [(DATASET, {"signal": None, "lazy": True})]


def test_a_record_without_a_dataset_says_so_when_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Selected, "show", lambda self: {"record": {"cover": None}})
    with pytest.raises(NotFound, match=RECORD):
        Selected(RECORD).open()
