"""A small facility: what is Alice's is full of words that nobody else may ever read."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from lims.catalog import Catalog, Transaction
from lims.model import (
    SYSTEM,
    Activity,
    Alert,
    Collection,
    Dataset,
    Environment,
    Extraction,
    FormerVersion,
    Instrument,
    Person,
    Principal,
    Project,
    Record,
    RecordBuild,
    Relation,
    Replay,
    Reservation,
    Run,
    RunFile,
    Sample,
    SavedSearch,
    SearchNews,
    SearchNotice,
    SearchWatch,
    Session,
    SessionEvent,
    Settlement,
    Source,
    Step,
    Value,
    new_id,
    record_id_of,
)

ALICE, BOB, CAROL, STAFF = Principal("alice"), Principal("bob"), Principal("carol"), Principal("staff", is_staff=True)
BEGIN = datetime(2018, 11, 13, 17, 30, tzinfo=UTC)

# In every text of Alice's: whoever else finds it anywhere has found too much.
SECRET = "xyzzy"


@dataclass(frozen=True)
class World:
    """The ids of Alice's things. open_session: of hers, still running."""

    catalog: Catalog
    session: str
    open_session: str
    record: str
    event: str
    reservation: str
    activity: str
    datasets: tuple[str, ...]
    derived: str
    run: str
    relation: str
    collection: str
    saved: str
    replay: str
    environment: str
    bobs_session: str
    bobs_datasets: tuple[str, ...]
    orphan: str

    @property
    def secret_ids(self) -> set[str]:
        """All but the open session, of which everybody may know that it is there."""
        mine = (self.session, self.record, self.event, self.reservation, self.activity, self.derived, self.run)
        return {*mine, *self.datasets, self.relation, self.collection, self.saved, self.orphan, self.replay}


def dataset(key: str, *, session: str | None = None, minutes: float = 0, **more: object) -> Dataset:
    moment = BEGIN + timedelta(minutes=minutes)
    return Dataset(new_id("dataset"), "raw", "raw", key, 1000, moment, session=session, **more)  # type: ignore[arg-type]


def build_world(catalog: Catalog) -> World:
    return catalog.write(lambda change: _fill(change, catalog), by=SYSTEM)


def _fill(change: Transaction, catalog: Catalog) -> World:
    place = Instrument("titan", "Titan TEM", "America/New_York", (Source("raw", "Titan_TEM/"),))
    change.put_all([place, Person("alice", "Alice A."), Person("bob"), Project("AM-12", "Steel")], action="set up")
    change.put_all([Project(f"{SECRET}-project", SECRET), Sample(f"{SECRET}-sample", SECRET)], action="set up")
    hers, record, ids = _alices(change)
    bobs, bobs_datasets = _bobs(change)
    orphan = dataset(
        f"Titan_TEM/{SECRET}_orphan.dm3", minutes=600, instrument="attic", version=2,
        normalised={"instrument_name": Value(SECRET)},
    )
    change.put(orphan, action="register")
    still = Session(
        new_id("session"),
        "titan",
        "alice",
        "alice",
        datetime(2026, 11, 20, 8, tzinfo=UTC),
        title=SECRET,
        notes=SECRET,
        people=(f"{SECRET}-guest",),
        project=f"{SECRET}-project",
        sample=f"{SECRET}-sample",
    )
    change.put(still, action="start")
    change.put(Record(record_id_of(still.id), still.id, "open", SECRET), action="start")
    return World(catalog, hers.id, still.id, record, *ids, bobs.id, bobs_datasets, orphan.id)


def _alices(change: Transaction) -> tuple[Session, str, tuple]:  # type: ignore[type-arg]
    booking = Reservation(
        new_id("reservation"), "titan", "alice", SECRET, BEGIN, BEGIN + timedelta(hours=3), f"{SECRET}-project"
    )
    session = Session(
        new_id("session"),
        "titan",
        "alice",
        "alice",
        BEGIN,
        title=f"Grain boundaries {SECRET}",
        people=("carol",),
        project=f"{SECRET}-project",
        sample=f"{SECRET}-sample",
        notes=f"beam Ünstable {SECRET}",
        end=BEGIN + timedelta(hours=3),
        state="ended",
        reservation=booking.id,
    )
    files = [
        dataset(
            f"Titan_TEM/{SECRET}/image_00{n}.dm3",
            session=session.id,
            minutes=30 * n,
            format="dm3" if n else "tif",
            sha256=f"{SECRET}{n}",
            status="failed" if n == 2 else "extracted",
            blank="99.9 % zero" if n == 1 else "",
            preview_size=None if n else (768, 512),
            normalised={
                "acceleration_voltage": Value(100e3 * (n + 1), "V", "a.b", f"{n + 1}00 kV"),
                "pixel_size_x": Value(5e-9 * (n + 1), "m"),
                "detector_name": Value("HAADF" if n else f"BF {SECRET}"),
            },
        )
        for n in range(3)
    ]
    record = Record(record_id_of(session.id), session.id, "attention", session.title, 3, 3000, 1, 1, cover=files[0].id)
    event = SessionEvent(new_id("event"), session.id, "note", BEGIN, "alice", f"filament {SECRET}")
    activity = Activity(new_id("activity"), session.id, 1, BEGIN, BEGIN, tuple(one.id for one in files))
    change.put_all([booking, session, record, event, *files, activity], action="log")
    change.put_all([Step(files[2].id, "extract", "failed", 1, f"truncated {SECRET}", "1", BEGIN)], action="step")
    for number, one in enumerate(files):
        tree = {"Microscope Info": {"Voltage": 1e5 * (number + 1), f"{SECRET} Key": f"Tecnai {SECRET}"}}
        change.put_extraction(one.id, Extraction("dm3", "rosettasciio", "0.15", metadata=tree))
    change.put(RecordBuild(record.id, 1, BEGIN, f"came {SECRET}", tuple(one.id for one in files)), action="build")
    change.put(FormerVersion(files[0].id, 1, "raw", f"{SECRET}.dm3", 9, BEGIN, BEGIN), action="change")
    change.put(Settlement(files[2].id, "failure", "dismissed", "alice", BEGIN, note=SECRET), action="settle")
    change.tag(files[0].id, f"tag {SECRET}")
    change.tag(record.id, f"tag {SECRET}")
    derived = Dataset(
        new_id("dataset"), "derived", "derived", f"alice/{SECRET}_FFT.hspy", 50, BEGIN, owner="alice", format="hspy",
        sha256="5ec",
    )
    run = Run(
        new_id("run"),
        "alice",
        f"{SECRET}.ipynb",
        "done",
        BEGIN,
        parameters={"word": SECRET},
        inputs=(files[0].id,),
        outputs=(derived.id,),
        environment=f"env-{SECRET}",
    )
    again = replace(run, id=new_id("run"), outputs=(), replaces=run.id)
    replay = Replay(new_id("replay"), run.id, "alice", BEGIN, False, problem=SECRET)
    seen = RunFile(run.id, 1, "input", f"/home/{SECRET}", files[0].id, SECRET)
    place = Environment(run.environment, {"packages": {SECRET: "1"}})
    warning = Settlement(files[1].id, "quality", "bad", "alice", BEGIN, note=SECRET)
    relation = Relation(new_id("relation"), derived.id, files[0].id, f"fft {SECRET}", {"window": "hann"}, run=run.id,
                        input_sha256="another")  # fmt: skip
    collection = Collection(new_id("collection"), SECRET, "alice", members=(derived.id,))
    change.put_all([derived, run, again, replay, seen, place, warning, relation, collection], action="analyse")
    saved = _saved(change, files[0].id)
    ids = (
        event.id,
        booking.id,
        activity.id,
        tuple(one.id for one in files),
        derived.id,
        run.id,
        relation.id,
        collection.id,
        saved,
        replay.id,
        place.id,
    )
    return session, record.id, ids


def _saved(change: Transaction, dataset_id: str) -> str:
    alert = Alert(page=True, webhook=f"https://{SECRET}.example")
    saved = SavedSearch(new_id("saved_search"), "alice", SECRET, SECRET, "record", BEGIN, alert=alert)
    watch = SearchWatch(saved.id, BEGIN, SECRET, SECRET)
    notice = SearchNotice(saved.id, "webhook", BEGIN, BEGIN, 1, SECRET)
    change.put_all([saved, watch, notice, SearchNews(saved.id, dataset_id, BEGIN)], action="search.save")
    return saved.id


def _bobs(change: Transaction) -> tuple[Session, tuple[str, ...]]:
    start = BEGIN + timedelta(days=1)
    session = Session(
        new_id("session"), "titan", "bob", "bob", start, title="Fuel cells", project="AM-12", end=start, state="ended"
    )
    files = [
        dataset(f"Titan_TEM/bob/map_{n}.dm3", session=session.id, minutes=24 * 60 + n, format="dm3") for n in range(2)
    ]
    change.put_all(
        [session, Record(record_id_of(session.id), session.id, "complete", session.title, 2), *files], action="log"
    )
    change.put(Relation(new_id("relation"), files[1].id, files[0].id, "crop", {}, by="bob"), action="analyse")
    return session, tuple(one.id for one in files)
