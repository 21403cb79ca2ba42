"""What is told to whom: each new dataset once, to those who see it, also after a restart."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lims.alerts import mark_seen, remove_search, save_search, set_alert, watching
from lims.model import SYSTEM, Alert, FormerVersion
from tests.alerts.conftest import ADA, BOB, STAFF, START, Place


def test_a_new_file_that_matches_is_told_once_and_one_that_does_not_never(place: Place) -> None:
    session = place.session(ADA, title="Steel")
    place.saved(query="voltage:>=100kV")
    high = place.files("high.dm3", session=session)
    place.files("low.dm3", session=session, voltage=30e3)
    assert place.look() == 1
    assert place.look() == 0
    seen = place.shown()
    assert (seen.unread, seen.newest, seen.trouble) == (1, tuple(high), "")


def test_what_matched_before_the_alert_was_turned_on_is_not_new(place: Place) -> None:
    session = place.session(ADA)
    old = place.files("old.dm3", session=session)
    place.saved()
    new = place.files("new.dm3", session=session)
    place.look()
    assert place.shown().newest == tuple(new)
    assert old


def test_a_file_is_told_when_it_has_been_read_and_not_before(place: Place) -> None:
    """Whether it is blank, or what its voltage is, nobody knows until then."""
    session = place.session(ADA)
    place.saved(query="-voltage:<100kV")
    rows = place.register("a.dm3", "b.dm3", session=session)
    assert place.look() == 0
    place.read(rows[:1], 30e3)
    place.read(rows[1:], 200e3)
    assert place.look() == 1
    assert place.shown().newest == (rows[1].id,)


def test_a_file_that_cannot_be_read_is_new_too_and_told_no_more_when_it_can(place: Place) -> None:
    session = place.session(ADA)
    place.saved()
    rows = place.register("a.dm3", session=session)
    place.read(rows, status="failed")
    assert place.look() == 1
    place.read(rows)
    assert place.look() == 0


@pytest.mark.parametrize("restarts", [False, True])
def test_reading_again_tags_and_corrections_make_nothing_new(place: Place, restarts: bool) -> None:
    session = place.session(ADA)
    (old,) = place.files("old.dm3", session=session)
    place.saved()
    (new,) = place.files("new.dm3", session=session)
    place.look()
    if restarts:
        place.restart()
    for one in place.catalog.view(SYSTEM).datasets(ids=[old, new]):
        place.read([one], 300e3)
        place.catalog.write(lambda change, one=one: change.tag(one.id, "figure-2"), by=ADA)  # type: ignore[misc]
    assert place.look() == 0
    assert place.shown().unread == 1


def test_other_bytes_under_an_old_name_are_new(place: Place) -> None:
    session = place.session(ADA)
    (old,) = place.files("image.dm3", session=session)
    place.saved()
    one = place.catalog.view(SYSTEM).dataset(old)
    former = FormerVersion(one.id, 1, one.store, one.key, one.bytes, one.modified, START)
    place.catalog.write(
        lambda change: change.put_all([former, replace(one, version=2)], action="dataset.other_content"), by=SYSTEM
    )
    assert place.look() == 1


def test_a_file_that_comes_into_a_session_later_is_new_to_its_people(place: Place) -> None:
    place.saved()
    (orphan,) = place.files("a.dm3", session=None)
    assert place.look() == 0
    session = place.session(ADA)
    row = replace(place.catalog.view(SYSTEM).dataset(orphan), session=session)
    place.catalog.write(lambda change: change.put(row, action="dataset.attach"), by=SYSTEM)
    assert place.look() == 1
    assert place.shown().newest == (orphan,)


def test_a_colleagues_hidden_file_is_never_told(place: Place) -> None:
    place.saved(ADA)
    place.saved(STAFF)
    place.files("secret.dm3", session=place.session(BOB, title="secret"))
    assert place.look() == 1  # of the staff's
    assert place.shown(ADA).unread == 0
    assert place.shown(STAFF).unread == 1


def test_what_one_was_told_of_and_may_no_longer_see_is_not_counted(place: Place) -> None:
    session = place.session(BOB, people=("ada",))
    place.saved(ADA)
    place.files("a.dm3", session=session)
    assert place.look() == 1
    assert place.shown(ADA).unread == 1
    row = replace(place.catalog.view(SYSTEM).session(session), people=())
    place.catalog.write(lambda change: change.put(row, action="session.edit"), by=BOB)
    assert place.shown(ADA).unread == 0


def test_nothing_is_told_twice_after_a_restart(place: Place) -> None:
    session = place.session(ADA)
    place.saved()
    place.files("a.dm3", "b.dm3", session=session)
    assert place.look() == 2
    place.restart()
    assert place.look() == 0
    place.files("c.dm3", session=session)
    place.restart()
    assert place.look() == 1
    assert place.shown().unread == 3


def test_a_kill_before_the_news_are_written_loses_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    session = place.session(ADA)
    place.saved()
    (one,) = place.files("a.dm3", session=session)

    def killed(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(watching.Watcher, "tell", killed)
        with pytest.raises(KeyboardInterrupt):
            place.look()
    assert place.shown().unread == 0
    place.restart()
    place.look()
    assert place.shown().newest == (one,)


def test_a_search_for_records_tells_of_datasets(place: Place) -> None:
    session = place.session(ADA, title="Grain boundaries")
    place.saved(query="boundaries", kind="record")
    ids = place.files("a.dm3", "b.dm3", session=session)
    place.look()
    assert sorted(place.shown().newest) == sorted(ids)


def test_filters_narrow_what_is_told(place: Place) -> None:
    session = place.session(ADA)
    place.saved(name="other", filters={"format": ("tif",)})
    place.saved(filters={"format": ("dm3",), "instrument": ("titan", "fib")})
    place.files("a.dm3", session=session)
    place.look()
    assert (place.shown().unread, place.shown(name="other").unread) == (1, 0)


def test_a_search_that_cannot_be_asked_says_why_and_stops_no_other(place: Place) -> None:
    """Its vendor's path was known as long as there was a file with it."""
    session = place.session(ADA)
    (old,) = place.files("old.dm3", session=session)
    place.saved(name="broken", query="Microscope_Info.Voltage:>1")
    place.saved()
    gone = replace(place.catalog.view(SYSTEM).dataset(old), session=None)
    place.catalog.write(lambda change: change.put(gone, action="dataset.attach"), by=SYSTEM)
    rows = place.register("new.txt", session=session)
    place.read(rows, status="failed")
    assert place.look() == 1
    assert place.shown().unread == 1
    broken = place.shown(name="broken")
    assert "There is no field" in broken.trouble
    # Saved anew it is asked for all that has come since.
    save_search(place.catalog, ADA, name="broken", query="new")
    assert place.shown(name="broken").trouble == ""
    assert place.look() == 1
    assert place.shown(name="broken").newest == (rows[0].id,)


@pytest.mark.parametrize("broken", ["a broken one", "the broken one", "yet a broken one"])
def test_an_error_that_nobody_foresaw_is_one_searchs_trouble(
    place: Place, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """It ends the transaction in which the others would be asked, too, wherever among them it stands."""
    session = place.session(ADA)
    place.saved(name=broken, query="a")
    for number in range(3):
        place.saved(name=f"search {number}")
    asked = watching.Watcher.asked

    def failing(self: watching.Watcher, saved: object, fresh: object) -> tuple[str, ...]:
        if saved.name == broken:  # type: ignore[attr-defined]
            place.catalog._reader.rows("SELECT error('unforeseen')")
        return asked(self, saved, fresh)  # type: ignore[arg-type]

    monkeypatch.setattr(watching.Watcher, "asked", failing)
    place.files("a.dm3", session=session)
    assert place.look() == 3
    assert place.shown(name=broken).trouble == "It cannot be asked: InvalidInputException."
    assert [place.shown(name=f"search {number}").trouble for number in range(3)] == [""] * 3


def test_a_huge_import_is_told_in_parts_and_the_ids_are_bounded(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "AT_A_TIME", 100)
    session = place.session(ADA)
    place.saved()
    place.files(*(f"{number}.dm3" for number in range(730)), session=session)
    assert place.look() == 730
    shown = place.shown()
    assert (shown.unread, len(shown.newest)) == (730, 100)
    assert len({one.at for one in place.catalog.view(ADA).search_news(shown.id)}) == 730
    assert mark_seen(place.catalog, ADA, shown.id, until=shown.until)
    assert place.shown().unread == 0


def test_what_came_after_somebody_looked_stays_new(place: Place) -> None:
    session = place.session(ADA)
    place.saved()
    place.files("a.dm3", session=session)
    place.look()
    until = place.shown().until
    (late,) = place.files("b.dm3", session=session)
    place.look()
    mark_seen(place.catalog, ADA, place.shown().id, until=until)
    assert (place.shown().unread, place.shown().newest) == (1, (late,))


def test_an_alert_that_is_turned_off_forgets_and_on_again_begins_anew(place: Place) -> None:
    session = place.session(ADA)
    saved = place.saved()
    place.files("a.dm3", session=session)
    place.look()
    set_alert(place.catalog, place.settings, ADA, saved.id, Alert())
    assert (place.shown().unread, place.shown().page) == (0, False)
    place.files("b.dm3", session=session)
    assert place.look() == 0
    place.saved()
    (last,) = place.files("c.dm3", session=session)
    place.look()
    assert place.shown().newest == (last,)


def test_a_search_that_is_removed_leaves_nothing(place: Place) -> None:
    session = place.session(ADA)
    saved = place.saved(page=True, mail=True)
    place.files("a.dm3", session=session)
    place.look()
    remove_search(place.catalog, ADA, saved.id)
    view = place.catalog.view(SYSTEM)
    assert (view.saved_searches(), view.search_watches(), view.search_notices()) == ([], [], [])
    assert view.search_news(saved.id) == []
    assert place.look() == 0


def test_one_turned_off_while_it_was_asked_tells_nothing(place: Place) -> None:
    session = place.session(ADA)
    saved = place.saved()
    place.files("a.dm3", session=session)
    found, _ = place.alerts.watcher.found()
    set_alert(place.catalog, place.settings, ADA, saved.id, Alert())
    assert place.alerts.watcher.keep(found) == 0
    assert place.catalog.view(SYSTEM).search_news(saved.id) == []


def test_looking_when_nothing_is_new_writes_nothing(place: Place) -> None:
    session = place.session(ADA)
    place.saved(query="nothing-like-it")
    place.look()
    place.files("a.dm3", session=session)
    before = place.catalog.snapshot()
    assert place.look() == 0
    assert place.look() == 0
    assert place.catalog.snapshot() == before


def test_the_background_tells_by_itself_and_ends_when_told_to(place: Place) -> None:
    session = place.session(ADA)
    place.saved()
    stop, told = threading.Event(), threading.Event()
    watcher = place.alerts.watcher
    keep = watcher.keep

    def kept(found: object) -> int:
        count = keep(found)  # type: ignore[arg-type]
        if count:
            told.set()
        return count

    watcher.keep = kept  # type: ignore[method-assign]
    running = threading.Thread(target=place.alerts.run_forever, args=(stop, 0.01), daemon=True)
    running.start()
    place.files("a.dm3", session=session)
    assert told.wait(60)
    stop.set()
    running.join(60)
    assert not running.is_alive()
    assert place.shown().unread == 1
    assert place.shown().until <= datetime.now(UTC)  # type: ignore[operator]


def test_a_look_between_the_lakes_commit_and_memorys_misses_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history is ahead of the datasets then."""
    session = place.session(ADA)
    place.saved()
    rows = place.register("a.dm3", session=session)
    place.look()
    committed, go_on = threading.Event(), threading.Event()
    committer = place.catalog._committer
    follow = committer._follow

    def late(*what: Any) -> None:
        committed.set()
        assert go_on.wait(60)
        follow(*what)

    monkeypatch.setattr(committer, "_follow", late)
    reading = threading.Thread(target=place.read, args=(rows,))
    reading.start()
    assert committed.wait(60)
    found, _ = place.alerts.watcher.found()
    assert [one.datasets for one in found] == [()]
    go_on.set()
    reading.join(60)
    monkeypatch.undo()
    assert place.alerts.watcher.keep(found) == 0
    assert place.look() == 1
