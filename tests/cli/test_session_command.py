from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Lims
from tests.facilities import write_facility

AT, END = "2018-11-13 12:30", "2018-11-13 15:30"


@pytest.fixture
def ask(lims: Lims, tmp_path: Path) -> Lims:
    folder = write_facility(tmp_path / "facility")
    return lambda *arguments: lims("--facility", str(folder), *arguments)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A facility in which nothing is ever written."""
    return write_facility(tmp_path_factory.mktemp("empty") / "facility")


@pytest.fixture
def started(ask: Lims) -> str:
    return str(ask("session", "start", "--instrument", "Titan", "--json").document["session"])


def test_a_session_from_start_to_end(ask: Lims) -> None:
    said = ask(
        "session", "start", "--instrument", "titan", "--title", "Maps", "--with", "bob", "--sample", "S1", "--json"
    )
    session = said.document
    assert said.code == 0
    assert {"session", "instrument", "user", "start", "end", "reservation"} <= set(session)
    assert (session["instrument"], session["user"], session["end"]) == ("titan", "m.keller", None)
    assert ask("session", "note", "-m", "beam unstable").code == 0
    assert ask("session", "pause").code == 0
    assert ask("session", "resume", "--instrument", "titan").code == 0
    ended = ask("session", "end", "--json").document
    assert (ended["session"], ended["state"]) == (session["session"], "ended")
    shown = ask("session", "show", session["session"], "--json").document
    assert [event["kind"] for event in shown["events"]] == ["start", "note", "pause", "resume", "end"]


def test_a_session_that_already_happened_is_logged_in_the_instruments_time(ask: Lims) -> None:
    session = ask("session", "start", "--instrument", "titan", "--at", AT, "--end", END, "--json").document
    assert session["start"].startswith("2018-11-13T17:30:00")
    assert session["end"].startswith("2018-11-13T20:30:00")
    text = ask("session", "list").out
    assert "2018-11-13 12:30 EST" in text


def test_a_second_start_is_refused_with_a_way_out(ask: Lims, started: str) -> None:
    said = ask("session", "start", "--instrument", "titan")
    assert said.code == 1
    assert started in said.err
    assert "--end-other" in said.err
    assert ask("session", "start", "--instrument", "titan", "--end-other").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("start", "--instrument", "nion"), 1, "No instrument 'nion'"),
        (("start", "--instrument", "titan", "--at", "2018-11-04 01:30"), 2, "happened twice"),
        (("start", "--instrument", "titan", "--at", "2018-03-11 02:30"), 2, "never happened"),
        (("start", "--instrument", "titan", "--at", "2999-01-01 12:00"), 2, "still to come"),
        (("start", "--instrument", "titan", "--at", "noon"), 2, "not a time"),
        (
            ("start", "--instrument", "titan", "--at", "2018-11-13T17:30Z", "--end", "2018-11-13 12:00"),
            2,
            "before it starts",
        ),
        (("end",), 1, "No session of yours is open"),
        (("end", "ses-0000000000"), 1, "No session 'ses-0000000000'"),
        (("end", "--instrument", "titan"), 1, "No session on Titan TEM is open"),
        (("note",), 2, "--text"),
        (("edit", "ses-0000000000", "--title", "x"), 1, "No session"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    lims: Lims, empty: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    said = lims("--facility", str(empty), "session", *arguments)
    assert (said.code, said.out) == (code, "")
    assert sentence in said.err


def test_ending_twice_is_refused(ask: Lims, started: str) -> None:
    assert ask("session", "end", started).code == 0
    said = ask("session", "end", started)
    assert said.code == 1
    assert "already ended" in said.err


def test_a_session_without_files_cannot_end_at_its_last(ask: Lims, started: str) -> None:
    said = ask("session", "end", "--at", "last-file")
    assert (said.code, "No file" in said.err) == (1, True)


def test_edit_cancel_and_reopen_leave_their_traces(ask: Lims, started: str) -> None:
    edited = ask("session", "edit", started, "--title", "Other", "--with", "cy", "--project", "P", "--json").document
    assert (edited["title"], edited["people"], edited["project"]) == ("Other", ["cy"], "P")
    assert ask("session", "edit", started, "--project", "", "--with", "", "--json").document["project"] is None
    assert ask("session", "cancel", started, "--reason", "wrong one", "--json").document["state"] == "cancelled"
    assert ask("session", "end", started).code == 1
    assert ask("session", "reopen", started, "--json").document["state"] == "open"
    events = ask("session", "show", started, "--json").document["events"]
    assert [event["kind"] for event in events] == ["start", "edit", "edit", "cancel", "reopen"]
    assert events[1]["detail"]["title"] == ["", "Other"]


def test_a_note_is_corrected(ask: Lims, started: str) -> None:
    ask("session", "note", "-m", "unstalbe")
    note = ask("session", "show", "--json").document["events"][1]["id"]
    assert ask("session", "note", "--replace", note, "-m", "unstable").code == 0
    assert ask("session", "show", "--json").document["events"][1]["text"] == "unstable"


def test_the_list_can_be_narrowed(ask: Lims, started: str) -> None:
    ask("session", "start", "--instrument", "fib", "--user", "ada", "--json")
    names: Callable[..., list[str]] = lambda *more: [  # noqa: E731
        one["instrument"] for one in ask("session", "list", "--json", *more).document
    ]
    assert sorted(names()) == ["fib", "titan"]
    assert names("--instrument", "FIB") == ["fib"]
    assert names("--user", "m.keller") == ["titan"]
    assert names("--state", "ended") == []
