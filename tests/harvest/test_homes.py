"""To whom a file belongs where time alone does not say: strict instruments, several sessions, folders, the end."""

from datetime import UTC, datetime, timedelta

import pytest

from lims.harvest.belonging import Home, folder_of_person, home_at, is_of
from lims.harvest.scope import Ground
from lims.model import Belonging, Instrument, Session, Source

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = {"ada": "Ada Lovelace"}


def ground(belonging: Belonging = "inclusive", *, user_folder: str = "{user}", grace_s: float = 0.0) -> Ground:
    source = Source("raw", "Titan/", user_folder=user_folder)
    place = Instrument("titan", "Titan", "UTC", (source,), belonging=belonging, overlapping=True, grace_s=grace_s)
    return Ground(place, source, "Titan/")


def session(user: str, start_s: float = -60, end_s: float | None = 60, people: tuple[str, ...] = ()) -> Session:
    end = None if end_s is None else NOON + timedelta(seconds=end_s)
    return Session(f"ses-{user}", "titan", user, user, NOON + timedelta(seconds=start_s), end=end, people=people)


def home(*sessions: Session, place: Ground, folder: str = "", after_s: float = 0, is_end: bool = True) -> Home:
    moment = NOON + timedelta(seconds=after_s)
    return home_at(moment, sessions, place, folder, NAMES, is_end_of_writing=is_end)


def user_of(found: Home) -> str | None:
    return found.session.user if found.session else None


def test_inclusive_goes_by_time_whatever_the_folder() -> None:
    assert user_of(home(session("ada"), place=ground(), folder="bob")) == "ada"


def test_strict_wants_the_folder_too_and_says_what_is_missing() -> None:
    strict = ground("strict")
    assert user_of(home(session("ada"), place=strict, folder="ada")) == "ada"
    assert user_of(home(session("ada", people=("bob",)), place=strict, folder="bob")) == "ada"
    others, nobodys = home(session("ada"), place=strict, folder="bob"), home(session("ada"), place=strict)
    assert (user_of(others), user_of(nobodys)) == (None, None)
    assert "bob's folder, who was not there" in others.note
    assert "nobody's folder" in nobodys.note


def test_of_two_at_the_same_time_the_folder_decides_and_else_nobody() -> None:
    both = (session("ada"), session("bob"))
    assert user_of(home(*both, place=ground(), folder="bob")) == "bob"
    assert "bob's folder" in home(*both, place=ground(), folder="bob").note
    unclear = home(*both, place=ground(), folder="carol")
    assert unclear.session is None
    assert "2 sessions" in unclear.note


@pytest.mark.parametrize(("after_s", "user"), [(60, "ada"), (89.9, "ada"), (90, None), (59, "ada")])
def test_a_file_saved_within_the_grace_belongs_to_what_has_just_ended(after_s: float, user: str | None) -> None:
    assert user_of(home(session("ada"), place=ground(grace_s=30), after_s=after_s)) == user


def test_grace_gives_nothing_away_that_the_next_session_holds_nor_by_a_time_inside() -> None:
    place = ground(grace_s=30)
    assert user_of(home(session("ada"), session("bob", 60, None), place=place, after_s=70)) == "bob"
    assert user_of(home(session("ada"), place=place, after_s=70, is_end=False)) is None
    assert user_of(home(session("ada"), place=ground("strict", grace_s=30), folder="ada", after_s=70)) is None


@pytest.mark.parametrize(
    ("pattern", "key", "folder"),
    [
        ("{user}", "Titan/ada/a.dm3", "ada"),
        ("{user}", "Titan/a.dm3", ""),
        ("Users/{user}", "Titan/Users/ada/2026/a.dm3", "ada"),
        ("Users/{user}", "Titan/Shared/ada/a.dm3", ""),
        ("Users/{user}", "Titan/Users/a.dm3", ""),
        ("", "Titan/ada/a.dm3", ""),
    ],
)
def test_where_people_have_their_folders(pattern: str, key: str, folder: str) -> None:
    assert folder_of_person(ground(user_folder=pattern), key) == folder


@pytest.mark.parametrize(
    ("folder", "is_hers"), [("ada", True), ("Ada_Lovelace", True), ("ada lovelace", True), ("ad", False), ("", False)]
)
def test_a_folder_is_named_after_a_person_in_any_spelling(folder: str, is_hers: bool) -> None:
    assert is_of(folder, session("ada"), NAMES) is is_hers
