"""A week of 2018 at an instrument in New York, in which daylight saving ends, and the week after it.

The PC of the camera is an hour ahead. Everything is drawn from one seed: how many files, when, and to which of them
something happens.
"""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from lims.facility.facility import Facility
from lims.stores.keys import key_of_name
from tests.simulator import shots
from tests.simulator.instrument import Instrument

ZONE = ZoneInfo("America/New_York")
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
AHEAD = HOUR
SAVED_AFTER = timedelta(seconds=4)
TEM, CAMERA = "Titan_TEM", "Titan_camera"
JUNK = ("Thumbs.db", "~$report.docx", "image.dm3.tmp", ".DS_Store")
HOSTILE = (
    'a\n"b"; DROP TABLE dataset --.txt',
    "$(touch gone) <b>µ</b> \u202etxt.exe",
    key_of_name(os.fsdecode(b"caf\xe9.txt")),
)
TOML = """
[facility]
name = "A week"
timezone = "America/New_York"

[stores.raw]
url = "store"

[instruments.titan]
name = "Titan TEM"
[[instruments.titan.sources]]
store = "raw"
prefix = "Titan_TEM/"
[[instruments.titan.sources]]
store = "raw"
prefix = "Titan_camera/"
clock_offset_s = 3600
file_offset_s = 3600

[access]
staff = ["m.keller"]

[access.os_users]
{login} = "m.keller"

[harvest]
settle_s = {settle_s}
poll_s = 0.3
"""


@dataclass(frozen=True)
class Visit:
    user: str
    start: datetime
    end: datetime


def local(month: int, day: int, hour: int, minute: int = 0, *, fold: int = 0) -> datetime:
    """What the clock on the wall shows, in UTC. fold: 1 for the second time that it shows so in one night."""
    return datetime(2018, month, day, hour, minute, tzinfo=ZONE, fold=fold).astimezone(UTC)


CHANGE = local(11, 4, 1, fold=1)
VISITS = (
    Visit("ada", local(10, 29, 9), local(10, 29, 12)),
    Visit("bob", local(10, 29, 12), local(10, 29, 15)),
    Visit("ada", local(10, 31, 13), local(10, 31, 18)),
    Visit("m.keller", local(11, 2, 20), local(11, 2, 23, 30)),
    Visit("ada", local(11, 4, 0, 30), CHANGE),
    Visit("bob", CHANGE, local(11, 4, 3)),
)


@dataclass
class Played:
    """What later deeds go back to. to_come: (key, content, time, session) of companions that are late."""

    sessions: dict[Visit, str] = field(default_factory=dict)
    pictures: dict[Visit, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    to_come: list[tuple[str, bytes, datetime, str]] = field(default_factory=list)


class Week:
    def __init__(self, instrument: Instrument, seed: int, real_scan: tuple[bytes, bytes]) -> None:
        """real_scan: an .emi and its .ser, as an FEI microscope wrote them."""
        self.instrument = instrument
        self.chance = random.Random(seed)
        self.real_scan = real_scan
        self.number = 1000 * seed
        self.played = Played()

    # --- the first part: the visits -------------------------------------------------------------------------------

    def play(self, facility: Facility) -> None:
        for visit in VISITS:
            with self.session(facility, visit) as session:
                self.work(visit, session)
        self.work_without_session()
        self.leave_clutter()

    @contextmanager
    def session(self, facility: Facility, visit: Visit) -> Iterator[str]:
        session = facility.start_session("titan", user=visit.user, title="A visit", at=visit.start).id
        self.played.sessions[visit] = session
        self.played.pictures[visit] = []
        yield session
        facility.note_session(session, "The holder drifts.", at=visit.start + 10 * MINUTE)
        facility.end_session(session, at=visit.end)

    def work(self, visit: Visit, session: str) -> None:
        folder = f"{TEM}/{visit.user}"
        for at in [visit.start, *self.moments(visit, self.chance.randint(3, 5))]:  # one at the very start
            key = self.name(folder, "image.dm3")
            self.instrument.write(key, self.picture(at), at + SAVED_AFTER, session)
            self.played.pictures[visit].append(key)
        at = self.some_time(visit)
        self.instrument.write_slowly(self.name(folder, "slow.dm3"), self.picture(at), at + SAVED_AFTER, session)
        at = self.some_time(visit)
        wall = shots.picture_without_zone(at.astimezone(ZONE), self.next())
        self.instrument.write(self.name(folder, "wall.tif"), wall, at + SAVED_AFTER, session)
        key = self.name(folder, "note.txt")
        self.instrument.write(key, shots.note(self.next()), self.some_time(visit), session)
        self.played.notes.append(key)
        self.record_spectrum(folder, self.some_time(visit), session)
        self.record_tilt(folder, self.some_time(visit), session)
        self.record_camera(visit, session)

    def picture(self, at: datetime) -> bytes:
        return shots.picture(at.astimezone(ZONE), self.next())

    def record_spectrum(self, folder: str, at: datetime, session: str) -> None:
        raw, sheet = shots.spectrum(self.next())
        key = self.name(folder, "spectrum.raw")
        self.instrument.write(key, raw, at, session)
        self.companion(key.removesuffix(".raw") + ".rpl", sheet, at, session)

    def record_tilt(self, folder: str, at: datetime, session: str) -> None:
        key = self.name(folder, "tilt.mrc")
        image, sheet = shots.tilt(key.rpartition("/")[2], at.astimezone(ZONE), self.next())
        self.instrument.write(key, image, at + SAVED_AFTER, session)
        self.companion(key + ".mdoc", sheet, at + 2 * SAVED_AFTER, session)

    def companion(self, key: str, content: bytes, at: datetime, session: str) -> None:
        """At once, or a good while later."""
        if self.chance.random() < 0.5:
            self.instrument.write(key, content, at, session)
        else:
            self.played.to_come.append((key, content, at, session))

    def record_camera(self, visit: Visit, session: str) -> None:
        """By a clock that is an hour ahead, inside the file and outside."""
        folder = f"{CAMERA}/{visit.start:%m%d}"
        for moment in self.moments(visit, 2):
            shown = moment + AHEAD
            key = self.name(folder, "frame.dm3")
            self.instrument.write(key, self.picture(shown), shown + SAVED_AFTER, session)
        at = self.some_time(visit) + AHEAD
        self.instrument.write(self.name(folder, "gain.txt"), shots.note(self.next()), at, session)

    def work_without_session(self) -> None:
        for at in (local(10, 30, 10), local(11, 1, 21)):
            key = self.name(f"{TEM}/quick looks", "orphan.dm3")
            self.instrument.write(key, self.picture(at), at + SAVED_AFTER, None)

    def leave_clutter(self) -> None:
        """Junk, names that try to break things, a file that ends too early, a link to elsewhere."""
        visit = self.chance.choice(VISITS)
        session, folder = self.played.sessions[visit], f"{TEM}/{visit.user}"
        for name in JUNK:
            self.instrument.clutter(f"{folder}/{name}", f"junk {self.next()}".encode(), self.some_time(visit))
        for name in HOSTILE:
            key = f"{folder}/{self.next()} {name}"
            self.instrument.write(key, shots.note(self.next()), self.some_time(visit), session)
        at = self.some_time(visit)
        cut = self.picture(at)
        self.instrument.write(self.name(folder, "cut.dm3"), cut[: len(cut) // 2], at, session, fate="failed")
        self.record_scan(folder, self.some_time(visit), session)
        self.instrument.path(f"{folder}/elsewhere.txt").symlink_to("/etc/hostname")

    def record_scan(self, folder: str, at: datetime, session: str) -> None:
        """The .ser first; its .emi comes much later."""
        emi, ser = self.real_scan
        self.instrument.write(f"{folder}/scan_1.ser", ser, at, session)
        self.played.to_come.append((f"{folder}/scan.emi", emi, at, session))

    # --- the second part: what happens to files -------------------------------------------------------------------

    def meddle(self) -> None:
        """Each of it once, to files that nothing else happens to."""
        for late in self.played.to_come:
            self.instrument.write(*late)
        renamed, replaced, copied, touched, deleted = self.chance.sample(VISITS, 5)
        key = self.some_picture(renamed)
        self.instrument.rename(key, key.replace("image", "the best image"))
        at = self.some_time(replaced)
        self.instrument.replace(self.some_picture(replaced), self.picture(at), at + SAVED_AFTER)
        key = self.some_picture(copied)
        self.instrument.copy(key, f"{TEM}/to take home/{key.rpartition('/')[2]}", copied.end + DAY)
        self.instrument.touch(self.some_picture(touched), touched.end + 3 * DAY)
        self.instrument.touch(self.chance.choice(self.played.notes), touched.end + 3 * DAY)
        self.instrument.delete(self.some_picture(deleted))

    def some_picture(self, visit: Visit) -> str:
        """Each one only once."""
        pictures = self.played.pictures[visit]
        return pictures.pop(self.chance.randrange(len(pictures)))

    # --- the third part: a week later -----------------------------------------------------------------------------

    def bring_late(self) -> None:
        """Pictures that nobody had copied to the store; their time is that of the copying."""
        for visit in self.chance.sample(VISITS, 3):
            at = self.some_time(visit)
            key = self.name(f"{TEM}/{visit.user}", "late.dm3")
            self.instrument.write(key, self.picture(at), at + 7 * DAY, self.played.sessions[visit])

    # --- drawing --------------------------------------------------------------------------------------------------

    def next(self) -> int:
        self.number += 1
        return self.number

    def name(self, folder: str, name: str) -> str:
        stem, _, ending = name.rpartition(".")
        return f"{folder}/{stem}_{self.next()}.{ending}"

    def moments(self, visit: Visit, many: int) -> list[datetime]:
        return sorted(self.some_time(visit) for _ in range(many))

    def some_time(self, visit: Visit) -> datetime:
        """Not so late that it is only saved after the end."""
        start, end = visit.start.timestamp(), (visit.end - 10 * SECOND).timestamp()
        return datetime.fromtimestamp(int(self.chance.uniform(start, end)), UTC)


def write_week(folder: Path, login: str, settle_s: float) -> Path:
    folder.mkdir(parents=True)
    for prefix in (TEM, CAMERA):
        (folder / "store" / prefix).mkdir(parents=True)
    (folder / "facility.toml").write_text(TOML.format(login=login, settle_s=settle_s), encoding="utf-8")
    return folder
