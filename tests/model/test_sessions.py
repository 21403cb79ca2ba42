from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta

import pytest

from lims.model import Session

START = datetime(2018, 11, 13, 17, 30, tzinfo=UTC)


def session(state: str, end: datetime | None = None) -> Session:
    return Session("ses-0123456789", "titan", "ada", "ada", START, end=end, state=state)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "is_open"), [("open", True), ("paused", True), ("ended", False), ("cancelled", False)]
)
def test_a_paused_session_still_holds_its_instrument_and_an_ended_one_does_not(state, is_open):
    assert session(state).is_open is is_open


def test_what_is_known_of_a_session_is_changed_by_making_another():
    with pytest.raises(FrozenInstanceError):
        session("open").end = START + timedelta(hours=1)  # type: ignore[misc]
