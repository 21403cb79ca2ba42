"""`lims show`: one thing, whole."""

from dataclasses import asdict
from typing import Any

import click

from lims.cli.frame import (
    facility_option,
    human_bytes,
    json_option,
    local_time,
    open_facility,
    print_facts,
    print_json,
    print_table,
    printable,
)
from lims.cli.values import aside, quantity
from lims.errors import NoSuchThing, NotFound
from lims.facility.facility import Facility
from lims.facility.origins import ArtefactOfRun, RunView
from lims.facility.views import DatasetView, InstrumentNow, RecordView, SessionView, Tile
from lims.logbook import find_instrument
from lims.model import Replay, Value

Shown = RecordView | DatasetView | RunView | SessionView | InstrumentNow


@click.command("show")
@click.argument("thing", metavar="ID")
@json_option
@facility_option
@click.pass_context
def command(ctx: click.Context, thing: str, as_json: bool) -> None:
    """Show a record, dataset, session, run (by its id) or instrument (by id or name)."""
    found = look_up(open_facility(ctx), thing)
    if as_json:
        print_json(document(found))
        return
    match found:
        case RecordView():
            print_record(found)
        case DatasetView():
            print_dataset(found)
        case SessionView():
            print_session(found)
        case RunView():
            print_run(found)
        case InstrumentNow():
            print_instrument(found)


def look_up(facility: Facility, thing: str) -> Shown:
    """Raises NotFound; a thing that is not there and one that may not be seen say the same."""
    prefix = thing.partition("-")[0]
    ways: dict[str, Any] = {
        "rec": facility.record,
        "dat": facility.dataset,
        "ses": facility.session,
        "run": facility.run,
    }
    if prefix in ways and "-" in thing:
        found: Shown = ways[prefix](thing)
        return found
    try:
        return facility.instrument_now(find_instrument(facility.instruments(), thing).id)
    except NotFound as error:
        raise NoSuchThing("thing", thing) from error


def document(found: Shown) -> dict[str, Any]:
    """With `id` and `kind` on top, whatever it is."""
    match found:
        case SessionView():
            return {"id": found.session.id, "kind": "session", **asdict(found)}
        case InstrumentNow():
            now = asdict(found)
            return {"id": found.instrument.id, "kind": "instrument", **now.pop("instrument"), **now}
        case RunView():
            return {"id": found.run, **asdict(found)}
        case _:
            return asdict(found)


def print_record(record: RecordView) -> None:
    session = record.session
    zone = session.timezone
    print_facts(
        (
            ("record", record.id),
            ("title", record.title),
            ("state", record.record.state),
            ("instrument", session.instrument_name),
            ("for", session.user),
            ("with", ", ".join(session.people)),
            ("from", local_time(session.start, zone)),
            ("until", local_time(session.end, zone) or "open"),
            ("project", record.project),
            ("samples", ", ".join(record.samples)),
            ("clock", record.record.clock),
            ("notes", session.notes),
            ("tags", ", ".join(record.tags)),
        )
    )
    for build in record.builds:
        click.echo(f"{local_time(build.at, zone)}: {build.text}")
    for activity in record.activities:
        why = f" ({activity.reason})" if activity.reason else ""
        click.echo(f"\nActivity {activity.number}, {local_time(activity.start, zone)}{why}")
        print_tiles(activity.datasets, zone)
    if record.unplaced:
        click.echo("\nIn no activity")
        print_tiles(record.unplaced, zone)


def print_tiles(tiles: tuple[Tile, ...], zone: str | None) -> None:
    rows = [(tile.id, tile.name, local_time(tile.at, zone), human_bytes(tile.bytes), remark(tile)) for tile in tiles]
    print_table(("ID", "NAME", "WHEN", "SIZE", ""), rows)


def remark(tile: Tile) -> str:
    if tile.failures:
        return "; ".join(f"{failure.step} failed: {failure.reason}" for failure in tile.failures)
    return "missing" if tile.status == "missing" else tile.no_picture or tile.format


def with_of(dataset: DatasetView) -> str:
    """Its companions; of a folder that is one object how many files it has."""
    if any(key.startswith(f"{dataset.key}/") for key in dataset.companions):
        return f"{len(dataset.companions):,} files in it"
    return ", ".join(dataset.companions)


def print_dataset(dataset: DatasetView) -> None:
    print_facts(
        (
            ("dataset", dataset.id),
            ("name", dataset.name),
            ("file", f"{dataset.store}: {dataset.key}"),
            ("with", with_of(dataset)),
            ("size", human_bytes(dataset.bytes)),
            ("sha256", dataset.sha256 or "pending"),
            ("format", dataset.format),
            ("status", dataset.status),
            ("acquired", local_time(dataset.acquired)),
            ("clock", dataset.clock_note or dataset.clock),
            ("record", dataset.record),
            ("why there", dataset.home_note),
            ("also at", ", ".join(f"{one.store}: {one.key}" for one in dataset.locations[1:] if not one.is_missing)),
            ("copy of", dataset.copy_of),
            ("version", dataset.version if dataset.version > 1 else None),
            ("owner", dataset.owner),
            ("made by", ", ".join(dataset.made_by)),
            ("stale", dataset.stale),
            ("marked bad", dataset.bad),
            ("no picture", dataset.no_picture),
            ("signals", "; ".join(f"{one.title} {one.shape}" for one in dataset.signals)),
            ("tags", ", ".join(dataset.tags)),
            ("python", dataset.python),
        )
    )
    for former in dataset.former:
        what = f"{human_bytes(former.bytes)}, sha256 {(former.sha256 or '')[:16]}…"
        click.echo(f"version {former.version}: {what}, until {local_time(former.replaced)}")
    for failure in dataset.failures:
        click.echo(printable(f"{failure.step} failed: {failure.reason}"))
    if dataset.normalised:
        click.echo()
        print_facts((name, with_aside(value)) for name, value in sorted(dataset.normalised.items()))


def with_aside(value: Value) -> str:
    told = aside(value)
    return f"{quantity(value)}   ({told})" if told else quantity(value)


def print_session(shown: SessionView) -> None:
    session, zone = shown.session, shown.instrument.timezone
    print_facts(
        (
            ("session", session.id),
            ("title", session.title),
            ("state", session.state),
            ("instrument", shown.instrument.name),
            ("for", session.user),
            ("with", ", ".join(session.people)),
            ("from", local_time(session.start, zone)),
            ("until", local_time(session.end, zone) or "open"),
            ("record", shown.record),
            ("files", f"{len(shown.tiles)}, {human_bytes(shown.bytes)}"),
            ("notes", session.notes),
        )
    )
    if shown.events:
        click.echo()
        rows = [(local_time(one.at, zone), one.kind, one.by, one.text) for one in shown.events]
        print_table(("WHEN", "WHAT", "BY", ""), rows)


def print_run(run: RunView) -> None:
    print_facts(
        (
            ("run", run.run),
            ("status", run.status),
            (run.details.kind, run.notebook),
            ("by", run.user),
            ("from", local_time(run.start)),
            ("until", local_time(run.end)),
            ("parameters", run.parameters),
            ("source", run.details.source),
            ("commit", run.details.commit),
            ("in", run.details.folder),
            ("executed", run.executed),
            ("replaces", run.details.replaces),
            ("replaced by", run.replaced_by),
            ("replayed", "; ".join(replayed(one) for one in run.replays)),
            ("error", run.error),
        )
    )
    rows = [("in", one.id, one.name, known_by(one)) for one in run.inputs]
    rows += [("out", one.id, one.name, known_by(one)) for one in run.outputs]
    if rows:
        click.echo()
        print_table(("", "ID", "NAME", "KNOWN BY"), rows)
    for one in run.doubts:
        click.echo(printable(f"In doubt: {one.text}"))


def replayed(one: Replay) -> str:
    return f"{local_time(one.at)} by {one.by}: {'reproduced' if one.reproduced else 'not reproduced'}"


def known_by(one: ArtefactOfRun) -> str:
    return f"{one.source}, another file since" if one.is_changed else one.source


def print_instrument(now: InstrumentNow) -> None:
    instrument = now.instrument
    print_facts(
        (
            ("instrument", instrument.id),
            ("name", instrument.name),
            ("location", instrument.location),
            ("time zone", instrument.timezone),
            ("files from", "; ".join(f"{source.store}: {source.prefix}" for source in instrument.sources)),
            ("open", "; ".join(f"{one.user} since {local_time(one.start, instrument.timezone)}" for one in now.open)),
        )
    )
