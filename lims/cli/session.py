"""`lims session`: the logbook from a shell."""

import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar, cast

import click

from lims.cli.frame import facility_option, json_option, local_time, open_facility, print_facts, print_json, print_table
from lims.errors import Invalid, NotFound
from lims.facility.facility import Facility
from lims.logbook import find_instrument, moment_of
from lims.model import Instrument, Session, record_id_of

Command = TypeVar("Command", bound=Callable[..., Any])
TIME_HELP = "With offset, or as the instrument's wall clock shows it; 18:30 alone is today's."


@click.group("session")
def command() -> None:
    """Log a session: who has an instrument, when and why.

    SESSION may be left out where it is clear: with --instrument its open session is meant, otherwise your only one.
    """


def which(function: Command) -> Command:
    """SESSION and --instrument, --json, --facility: what every command about one session takes."""
    decorated: Any = function
    for option in (
        click.argument("session", required=False),
        click.option("--instrument", metavar="NAME", help="Mean the open session on this instrument."),
        json_option,
        facility_option,
        click.pass_context,
    ):
        decorated = option(decorated)
    return cast(Command, decorated)


@command.command()
@click.option("--instrument", required=True, metavar="NAME", help="Its id, its name, or the beginning of either.")
@click.option("--user", metavar="NAME", help="For whom [default: you].")
@click.option("--with", "people", multiple=True, metavar="NAME", help="Who else works on it; may be repeated.")
@click.option("--project", metavar="CODE")
@click.option("--sample", metavar="LABEL")
@click.option("--title", default="", help="What for.")
@click.option("--notes", default="")
@click.option("--at", metavar="TIME", help=f"When it started [default: now]. {TIME_HELP}")
@click.option("--end", metavar="TIME", help="When it ended: logs a session that already happened.")
@click.option("--reservation", metavar="ID", help="The booking it fulfils [default: yours at that time].")
@click.option("--end-other", is_flag=True, help="First end the session still open there, at its last file.")
@json_option
@facility_option
@click.pass_context
def start(
    ctx: click.Context, /, instrument: str, at: str | None, end: str | None, people: tuple[str, ...], as_json: bool,
    **about: Any,
) -> None:
    """Start a session now, or log one that already happened."""
    facility = open_facility(ctx)
    place = find_instrument(facility.instruments(), instrument)
    times = {name: moment(said, place) for name, said in (("at", at), ("end", end)) if said}
    tell(facility, facility.start_session(place.id, people=list(people), **times, **about, request_key=key()), as_json)


@command.command()
@which
@click.option("--text", "-m", required=True, help="What happened.")
@click.option("--at", metavar="TIME", help=TIME_HELP)
@click.option("--replace", "event", metavar="EVENT", help="Correct this note; its old wording stays in the history.")
def note(
    ctx: click.Context, session: str | None, instrument: str | None, as_json: bool, text: str, at: str | None,
    event: str | None,
) -> None:
    """Write down what happened."""
    facility, found = meant(ctx, session, instrument)
    if event:
        tell(facility, facility.edit_note(found, event, text), as_json)
        return
    when = moment(at, facility.session(found).instrument) if at else None
    tell(facility, facility.note_session(found, text, when, key()), as_json)


@command.command()
@which
def pause(ctx: click.Context, session: str | None, instrument: str | None, as_json: bool) -> None:
    """Pause an open session; its files still belong to it."""
    facility, found = meant(ctx, session, instrument)
    tell(facility, facility.pause_session(found, key()), as_json)


@command.command()
@which
def resume(ctx: click.Context, session: str | None, instrument: str | None, as_json: bool) -> None:
    """Go on with a paused session."""
    facility, found = meant(ctx, session, instrument)
    tell(facility, facility.resume_session(found, key()), as_json)


@command.command()
@which
@click.option("--at", metavar="TIME", help=f"When it ended [default: now], or last-file. {TIME_HELP}")
def end(ctx: click.Context, session: str | None, instrument: str | None, as_json: bool, at: str | None) -> None:
    """End a session; its record is built from then on."""
    facility, found = meant(ctx, session, instrument)
    if at == "last-file":
        tell(facility, facility.end_session(found, "last-file", key()), as_json)
        return
    when = moment(at, facility.session(found).instrument) if at else None
    tell(facility, facility.end_session(found, when, key()), as_json)


@command.command()
@click.argument("session")
@click.option("--title")
@click.option("--notes")
@click.option("--user", metavar="NAME")
@click.option("--with", "people", multiple=True, metavar="NAME", help='Who else worked on it; "" for nobody.')
@click.option("--project", metavar="CODE", help='"" for none.')
@click.option("--sample", metavar="LABEL", help='"" for none.')
@click.option("--start", metavar="TIME", help=TIME_HELP)
@click.option("--end", metavar="TIME", help=TIME_HELP)
@click.option("--instrument", metavar="NAME", help="Where it really was.")
@json_option
@facility_option
@click.pass_context
def edit(ctx: click.Context, /, session: str, as_json: bool, people: tuple[str, ...], **said: Any) -> None:
    """Correct what was logged; what it was before stays in the history."""
    facility = open_facility(ctx)
    changes: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    place = facility.session(session).instrument
    if "instrument" in changes:
        place = find_instrument(facility.instruments(), changes["instrument"])
        changes["instrument"] = place.id
    for name in ("start", "end"):
        if name in changes:
            changes[name] = moment(changes[name], place).isoformat()
    if people:
        changes["people"] = [name for name in people if name]
    tell(facility, facility.edit_session(session, changes, key()), as_json)


@command.command()
@which
@click.option("--reason", default="", help="Why.")
def cancel(ctx: click.Context, session: str | None, instrument: str | None, as_json: bool, reason: str) -> None:
    """Cancel a session that should not have been logged; its files become free again."""
    facility, found = meant(ctx, session, instrument)
    tell(facility, facility.cancel_session(found, reason, key()), as_json)


@command.command()
@click.argument("session")
@json_option
@facility_option
@click.pass_context
def reopen(ctx: click.Context, session: str, as_json: bool) -> None:
    """Open an ended session again, or bring back a cancelled one."""
    facility = open_facility(ctx)
    tell(facility, facility.reopen_session(session, key()), as_json)


@command.command("list")
@click.option("--instrument", metavar="NAME")
@click.option("--user", metavar="NAME")
@click.option("--state", type=click.Choice(["open", "paused", "ended", "cancelled"]))
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@json_option
@facility_option
@click.pass_context
def list_(
    ctx: click.Context, instrument: str | None, user: str | None, state: str | None, limit: int, as_json: bool
) -> None:
    """List sessions, newest first."""
    facility = open_facility(ctx)
    places = {one.id: one for one in facility.instruments()}
    wanted = find_instrument(list(places.values()), instrument).id if instrument else None
    found = facility.sessions(wanted, user, state, limit)
    if as_json:
        print_json([document(one) for one in found])
        return
    rows = [
        (one.id, one.state, places[one.instrument].name, one.user, clock(one.start, places[one.instrument]),
         clock(one.end, places[one.instrument]), one.title)
        for one in found
    ]
    print_table(("session", "state", "instrument", "user", "start", "end", "title"), rows)


@command.command()
@which
def show(ctx: click.Context, session: str | None, instrument: str | None, as_json: bool) -> None:
    """Show one session with what happened in it and how many files have arrived."""
    facility, found = meant(ctx, session, instrument)
    view = facility.session(found)
    if as_json:
        events = [asdict(one) for one in view.events]
        print_json({**document(view.session), "events": events, "files": len(view.tiles), "bytes": view.bytes})
        return
    print_session(view.session, view.instrument)
    print_facts([("files", len(view.tiles)), ("last file", clock(view.last_file, view.instrument))])
    print_table(
        ("event", "what", "when", "by", ""),
        [(one.id, one.kind, clock(one.at, view.instrument), one.by, one.text) for one in view.events],
    )


def meant(ctx: click.Context, session: str | None, instrument: str | None) -> tuple[Facility, str]:
    """The facility and the session's id. Raises NotFound, or Invalid where it is not clear."""
    facility = open_facility(ctx)
    if session:
        return facility, session
    if instrument:
        place = find_instrument(facility.instruments(), instrument)
        found = list(facility.instrument_now(place.id).open)
        where = f"on {place.name}"
    else:
        me = facility.me().name
        found = [one for state in ("open", "paused") for one in facility.sessions(user=me, state=state)]
        where = "of yours"
    if not found:
        raise NotFound(f"No session {where} is open.", hint="Start one with: lims session start --instrument NAME")
    if len(found) > 1:
        raise Invalid(f"Several sessions {where} are open: {', '.join(one.id for one in found)}.", hint="Name one.")
    return facility, found[0].id


def moment(said: str, place: Instrument) -> datetime:
    return moment_of(said, place.timezone)


def key() -> str:
    """One per command, so that a request sent twice is done once."""
    return uuid.uuid4().hex


def clock(at: datetime | None, place: Instrument) -> str:
    return local_time(at, place.timezone)


def document(session: Session) -> dict[str, Any]:
    return {**asdict(session), "session": session.id, "record": record_id_of(session.id)}


def tell(facility: Facility, session: Session, as_json: bool) -> None:
    if as_json:
        print_json(document(session))
        return
    print_session(session, next(one for one in facility.instruments() if one.id == session.instrument))


def print_session(session: Session, place: Instrument) -> None:
    print_facts(
        [
            ("session", session.id),
            ("state", session.state),
            ("instrument", place.name),
            ("user", session.user),
            ("with", ", ".join(session.people)),
            ("title", session.title),
            ("project", session.project),
            ("sample", session.sample),
            ("notes", session.notes),
            ("start", clock(session.start, place)),
            ("end", clock(session.end, place)),
            ("reservation", session.reservation),
            ("record", record_id_of(session.id)),
        ]
    )
