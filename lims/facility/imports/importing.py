"""The asker's side of an import: the source is read where the asker is, and each file is handed to the facility."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lims.errors import Conflict, Invalid, Unavailable
from lims.facility.imports.views import (
    ImportedFile,
    ImportedFolder,
    ImportedSession,
    ImportFinished,
    ImportPlace,
    ImportReport,
)
from lims.harvest.brought import are_of_one_copy, is_plausible
from lims.importing import Contents, Member, Refused, Source, evenings, folders_of, open_source

if TYPE_CHECKING:
    from lims.facility.facility import Facility

SAME = timedelta(seconds=2)
"""Disks round a file's time, some to two seconds."""
TRIES = 3


@dataclass(frozen=True)
class Wish:
    """What the person asks for. instrument: of all files; user: whose they are. None: guessed, the asker's."""

    project: str
    instrument: str | None = None
    user: str | None = None
    title: str = ""


@dataclass(frozen=True)
class Plan:
    """What there is to do. to_send: files that the store does not have; there: those it has."""

    place: ImportPlace
    contents: Contents
    to_send: tuple[Member, ...]
    there: tuple[Member, ...]

    @property
    def bytes_to_send(self) -> int:
        return sum(one.bytes for one in self.to_send)


@dataclass(frozen=True)
class Sending:
    """How far it is."""

    files: int
    bytes: int
    path: str = ""


@dataclass
class Sent:
    files: int = 0
    bytes: int = 0
    there: int = 0
    refused: list[Refused] = field(default_factory=list)


def import_project(
    facility: "Facility", path: Path, project: str, instrument: str | None, user: str | None, title: str, *,
    dry_run: bool,
) -> ImportReport:
    """All of it, without anybody watching."""
    begin, wish = time.monotonic(), Wish(project, instrument, user, title)
    with open_source(path) as source:
        plan = planned(facility, source, wish)
        if dry_run:
            return expected(source, wish, plan)
        sent = send(facility, source, wish, plan, lambda state: None)
        finished = finish(facility, wish, plan)
    return report(source, wish, plan, sent, finished, time.monotonic() - begin)


def planned(facility: "Facility", source: Source, wish: Wish) -> Plan:
    """Look through the source and at what the facility has of it; changes nothing.

    Raises Invalid, Forbidden, NotFound, Unavailable where it cannot be done as wished.
    """
    place = facility.call("look_import", ImportPlace, **asked(facility, source, wish))
    contents = source.look(place.limits)
    known = place.there or {}
    there = tuple(one for one in contents.members if is_there(one, place))
    to_send = () if place.is_in_place else tuple(one for one in contents.members if not is_there(one, place))
    taken = {one.path for one in to_send if one.path in known and known[one.path].bytes != one.bytes}
    for path in sorted(taken):
        contents.refuse(path, "another file was imported under this name before")
    return Plan(place, contents, tuple(one for one in to_send if one.path not in taken), there)


def asked(facility: "Facility", source: Source, wish: Wish) -> dict[str, Any]:
    path = str(source.path) if facility.is_here and source.kind == "folder" else None
    return {
        "project": wish.project, "name": source.name, "path": path, "instrument": wish.instrument, "user": wish.user,
    }


def is_there(member: Member, place: ImportPlace) -> bool:
    """As far as size and time say. A store that keeps no times is asked by content, file by file."""
    known = (place.there or {}).get(member.path)
    if known is None or known.bytes != member.bytes:
        return False
    return place.is_in_place or (place.keeps_times and abs(known.modified - member.modified) <= SAME)


def send(
    facility: "Facility", source: Source, wish: Wish, plan: Plan, hear: Callable[[Sending], None]
) -> Sent:
    """Begin the import and hand over each file that is not there. One that cannot come costs only itself.

    Raises Unavailable where there is no room, or the facility cannot be reached: asked again, it goes on.
    """
    check_room(plan)
    place = facility.call("begin_import", ImportPlace, **asked(facility, source, wish), title=wish.title)
    if place.collection != plan.place.collection:
        raise Conflict("Somebody has begun an import of this name just now.", hint="Import it again.")
    sent = Sent()
    for member in plan.to_send:
        try:
            answer = sent_once_more(facility, source, member, place.folder, wish, sent, hear)
        except (Conflict, Invalid) as error:
            sent.refused.append(Refused(member.path, error.message))
            continue
        sent.files += answer.is_new
        sent.there += not answer.is_new
        sent.bytes += member.bytes
        hear(Sending(sent.files, sent.bytes, member.path))
    return sent


def check_room(plan: Plan) -> None:
    free = plan.place.free_bytes
    if free is not None and plan.to_send and plan.bytes_to_send + plan.place.limits.keep_free_bytes > free:
        raise Unavailable(
            f"The import needs {plan.bytes_to_send / 1e9:,.1f} GB; the store {plan.place.store!r} has "
            f"{free / 1e9:,.1f} GB left, of which {plan.place.limits.keep_free_bytes / 1e9:,.1f} stay free.",
            hint="Make room, import a part of it, or ask for another [stores.imported] in facility.toml.",
        )


def sent_once_more(
    facility: "Facility", source: Source, member: Member, folder: str, wish: Wish, sent: Sent,
    hear: Callable[[Sending], None],
) -> ImportedFile:
    """A network that fails for a moment must not end a transfer of days."""
    for tried in range(TRIES):
        try:
            return send_one(facility, source, member, folder, wish, sent, hear)
        except Unavailable:
            if tried == TRIES - 1:
                raise
            time.sleep(0.3 * 4**tried)
    raise AssertionError("unreachable")


def send_one(
    facility: "Facility", source: Source, member: Member, folder: str, wish: Wish, sent: Sent,
    hear: Callable[[Sending], None],
) -> ImportedFile:
    """Raises Unreadable for a file that cannot be read, or not as its source says."""
    so_far = 0

    def heard(size: int) -> None:
        nonlocal so_far
        so_far += size
        hear(Sending(sent.files, sent.bytes + so_far, member.path))

    with source.reading(member, heard) as reading:
        token = facility.upload_stream(reading, member.bytes)
        reading.check_end()
    return facility.call(
        "import_file", ImportedFile, folder=folder, path=member.path, upload=token, sha256=reading.sha256,
        modified=member.modified, user=wish.user,
    )


def finish(facility: "Facility", wish: Wish, plan: Plan) -> ImportFinished:
    place = plan.place
    return facility.call(
        "finish_import", ImportFinished, store=place.store, folder=place.folder, project=wish.project,
        instrument=wish.instrument, user=wish.user, title=wish.title,
    )


def report(
    source: Source, wish: Wish, plan: Plan, sent: Sent, finished: ImportFinished, seconds: float
) -> ImportReport:
    done = {one.name: getattr(finished, one.name) for one in fields(finished)}
    return ImportReport(
        **common(source, wish, plan), dry_run=False, copied=sent.files, copied_bytes=sent.bytes,
        there=len(plan.there) + sent.there, refused=(*plan.contents.refused, *sent.refused), **done,
        seconds=round(seconds, 3),
    )


def expected(source: Source, wish: Wish, plan: Plan) -> ImportReport:
    """What an import would do, as far as names, sizes and times tell: no file is opened."""
    folders = folders_of((one.path, one.path) for one in plan.contents.members)
    return ImportReport(
        **common(source, wish, plan), dry_run=True, copied=len(plan.to_send), copied_bytes=plan.bytes_to_send,
        there=len(plan.there), refused=tuple(plan.contents.refused),
        folders=tuple(ImportedFolder(one.path, len(one.things)) for one in folders),
        sessions=likely_sessions(plan, wish),
    )


def common(source: Source, wish: Wish, plan: Plan) -> dict[str, Any]:
    place = plan.place
    return {
        "source": str(source.path), "kind": source.kind, "project": wish.project, "owner": place.owner,
        "place": f"{place.store}:{place.folder}", "is_in_place": place.is_in_place,
        "collection": place.collection, "files": len(plan.contents.members),
        "bytes": sum(one.bytes for one in plan.contents.members), "junk": plan.contents.junk,
    }


def likely_sessions(plan: Plan, wish: Wish) -> tuple[ImportedSession, ...]:
    """By the files' own times, where these tell anything; whose instrument's they are, only reading tells."""
    times = sorted(one.modified for one in plan.contents.members if is_plausible(one.modified))
    if are_of_one_copy(times):
        return ()
    return tuple(likely_session(times, indices, wish) for indices in evenings(times, plan.place.timezone))


def likely_session(times: Sequence[datetime], indices: range, wish: Wish) -> ImportedSession:
    start, end = times[indices[0]].astimezone(UTC), times[indices[-1]].astimezone(UTC)
    return ImportedSession("", "", wish.instrument or "", start, end, len(indices))
