"""Two people, every method of View: what is Alice's, Bob finds nowhere."""

import inspect
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lims.catalog import Catalog, Transaction, View
from lims.catalog.relations import NAMES
from lims.catalog.search import BadQuery
from lims.catalog.search.table import USUAL
from lims.catalog.visibility import RELATIONS
from lims.errors import Invalid, NoSuchThing, NotFound
from lims.model import SYSTEM, Person, Principal, Project, Sample, SavedSearch, SearchNews, Session, new_id
from tests.catalog.world import ALICE, BEGIN, BOB, CAROL, SECRET, STAFF, World, dataset

YEARS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))

# How Bob tries each method: he knows all of Alice's ids and words. A method that is not here fails the test below.
TRIES: dict[str, Callable[[View, World], list[object]]] = {
    "require": lambda v, w: [refused(v.require, one) for one in sorted(w.secret_ids)],
    "instruments": lambda v, w: [v.instruments()],
    "instrument": lambda v, w: [v.instrument("titan")],
    "people": lambda v, w: [v.people()],
    "projects": lambda v, w: [v.projects()],
    "samples": lambda v, w: [v.samples()],
    "collections": lambda v, w: [v.collections()],
    "collection": lambda v, w: [refused(v.collection, w.collection)],
    "session": lambda v, w: [refused(v.session, w.session), refused(v.session, w.open_session)],
    "sessions": lambda v, w: [
        v.sessions(),
        v.sessions(user="alice"),
        v.sessions(states=("open", "ended")),
        v.sessions(instrument="titan", overlaps=YEARS),
        v.sessions(near=BEGIN),
    ],
    "open_on": lambda v, w: [[replace(one, id="", user="", operator="") for one in v.open_on("titan")]],
    "last_file": lambda v, w: [v.last_file(w.session)],
    "events": lambda v, w: [refused(v.events, w.session), refused(v.events, w.open_session)],
    "reservation": lambda v, w: [refused(v.reservation, w.reservation)],
    "reservations": lambda v, w: [v.reservations(), v.reservations(instrument="titan", overlaps=YEARS)],
    "activities": lambda v, w: [refused(v.activities, w.session)],
    "record": lambda v, w: [refused(v.record, w.record)],
    "records": lambda v, w: [v.records(), v.records(states=("attention", "open"))],
    "builds": lambda v, w: [refused(v.builds, w.record)],
    "settlements": lambda v, w: [v.settlements(), v.settlements(w.datasets)],
    "former_versions": lambda v, w: [v.former_versions(w.datasets)],
    "orphans": lambda v, w: [v.orphans(), v.orphans("titan")],
    "session_of_folder": lambda v, w: [v.session_of_folder("raw", f"Titan_TEM/{SECRET}/")],
    "stragglers": lambda v, w: [v.stragglers("attic")],
    "identities": lambda v, w: [v.identities("attic")],
    "dataset": lambda v, w: [refused(v.dataset, one) for one in (*w.datasets, w.derived, w.orphan)],
    "datasets": lambda v, w: [
        v.datasets(),
        v.datasets(session=w.session),
        v.datasets(ids=[*w.datasets, w.derived]),
        v.datasets(status="failed"),
        v.datasets(without_session=True),
    ],
    "dataset_at": lambda v, w: [v.dataset_at("raw", f"Titan_TEM/{SECRET}/image_000.dm3")],
    "keys_in": lambda v, w: [v.keys_in("raw", ""), v.keys_in("derived", ""), v.keys_in("raw", f"Titan_TEM/{SECRET}")],
    "document": lambda v, w: [refused(v.document, one) for one in w.datasets],
    "extraction": lambda v, w: [refused(v.extraction, one) for one in w.datasets],
    "readers": lambda v, w: [v.readers()],
    "steps": lambda v, w: [refused(v.steps, one) for one in w.datasets],
    "failed_steps": lambda v, w: [v.failed_steps(), v.failed_steps(w.session)],
    "step_counts": lambda v, w: [v.step_counts()],
    "telling_steps": lambda v, w: v.telling_steps(w.datasets),
    "tags": lambda v, w: [v.tags(one) for one in sorted(w.secret_ids)],
    "run": lambda v, w: [refused(v.run, w.run)],
    "runs": lambda v, w: [v.runs()],
    "run_files": lambda v, w: [refused(v.run_files, w.run)],
    "environments": lambda v, w: [v.environments()],
    "runs_in": lambda v, w: [v.runs_in([w.environment])],
    "replays": lambda v, w: [refused(v.replays, w.run)],
    "replay": lambda v, w: [refused(v.replay, w.replay)],
    "with_content": lambda v, w: [v.with_content("5ec")],
    "newer_runs": lambda v, w: [v.newer_runs(w.run)],
    "of_bytes": lambda v, w: [v.of_bytes(["5ec"])],
    "writers": lambda v, w: [v.writers(w.derived)],
    "relation": lambda v, w: [refused(v.relation, w.relation)],
    "relations": lambda v, w: [v.relations(one) for one in sorted(w.secret_ids)],
    "lineage": lambda v, w: [
        refused(v.lineage, one) for one in (*w.datasets, w.derived, w.run, w.record, w.session, w.activity)
    ],
    "ancestors": lambda v, w: [refused(v.ancestors, one) for one in (*w.datasets, w.derived)],
    "common_ancestors": lambda v, w: [refused(lambda one: v.common_ancestors(one, one), w.derived)],
    "path": lambda v, w: [refused(lambda one: v.path(one, one), w.derived)],
    "resting_on": lambda v, w: [v.resting_on([*w.datasets, w.derived], with_start=True)],
    "stale": lambda v, w: [refused(v.stale, w.derived)],
    "warning": lambda v, w: [refused(v.warning, w.datasets[0])],
    "counts": lambda v, w: [],  # numbers only: see test_counts_and_totals_are_of_what_is_visible
    "count_orphans": lambda v, w: [],  # a number only, in the same test
    "is_taken": lambda v, w: [v.is_taken("raw", f"Titan_TEM/{SECRET}/image_000.dm3")],
    "search": lambda v, w: [
        v.search(query, kind=k, facets=FACETS, highlights=True) for query in QUERIES for k in (None, "record")
    ],
    "histogram": lambda v, w: [v.histogram("", field=field) for field in ("date", "bytes", "voltage")],
    "fields": lambda v, w: [v.fields()],
    "search_table": lambda v, w: [v.search_table(query, columns=COLUMNS).to_pylist() for query in QUERIES],
    "saved_search": lambda v, w: [refused(v.saved_search, w.saved)],
    "saved_searches": lambda v, w: [v.saved_searches(), v.saved_searches("alice")],
    "search_watches": lambda v, w: [v.search_watches(), v.search_watches(w.saved)],
    "search_news": lambda v, w: [v.search_news(w.saved), v.search_news(w.saved, datasets=w.datasets, since=BEGIN)],
    "unread": lambda v, w: [v.unread(9)],
    "search_notices": lambda v, w: [v.search_notices(), v.search_notices(w.saved, channel="webhook")],
    "newcomers": lambda v, w: [v.newcomers(YEARS[0], 99)],
    "history": lambda v, w: [
        v.history(one) for one in (*sorted(w.secret_ids), f"{SECRET}-project", f"{SECRET}-sample", w.open_session)
    ],
}
FACETS = ("instrument", "user", "project", "sample", "format", "state", "tag", "detector_name", "people", "key")
COLUMNS = (*USUAL, *FACETS, "title", "notes", "store", "operator", "owner", "sha256", "voltage")
QUERIES = ("", SECRET[:4], "user:alice", "tag:tag", "is:failed", "is:blank", "is:orphan", "has:preview", "-fuel")


def refused(read: Callable[[str], object], thing_id: str) -> str:
    """What Bob is told, with the id taken out that he gave himself. Fails where he is told anything else."""
    with pytest.raises(NoSuchThing) as caught:
        read(thing_id)
    return str(caught.value).replace(thing_id, "")


def public_methods() -> list[str]:
    return [name for name, _ in inspect.getmembers(View, inspect.isfunction) if not name.startswith("_")]


@pytest.mark.parametrize("name", public_methods())
def test_a_curious_colleague_finds_nothing(world: World, name: str) -> None:
    assert name in TRIES, f"View.{name} is new: say here how Bob would try to find Alice's things with it"
    found = repr(TRIES[name](world.catalog.view(BOB), world))
    assert SECRET not in found
    assert not [one for one in world.secret_ids if one in found]


@pytest.mark.parametrize(
    "name",
    sorted(set(public_methods()) - {"require", "counts", "count_orphans", "people", "instrument", "instruments"}),
)
def test_the_same_attempt_by_alice_would_have_found_it(world: World, name: str) -> None:
    """So that the test above cannot pass because there was nothing to find."""
    view, staff = world.catalog.view(ALICE), world.catalog.view(STAFF)
    reads_by_id = {
        "session": lambda: view.session(world.session),
        "events": lambda: view.events(world.session),
        "collection": lambda: view.collection(world.collection),
        "reservation": lambda: view.reservation(world.reservation),
        "activities": lambda: view.activities(world.session),
        "record": lambda: view.record(world.record),
        "dataset": lambda: view.dataset(world.datasets[0]),
        "builds": lambda: view.builds(world.record),
        "orphans": staff.orphans,  # they are the staff's
        "session_of_folder": lambda: SECRET if view.session_of_folder("raw", f"Titan_TEM/{SECRET}/") else "",
        "stragglers": lambda: staff.stragglers("attic"),
        "identities": lambda: staff.identities("attic"),
        "document": lambda: view.document(world.datasets[0]),
        "extraction": lambda: view.extraction(world.datasets[0]),
        "readers": lambda: SECRET if world.datasets[0] in view.readers() else "",
        "steps": lambda: view.steps(world.datasets[2]),
        "step_counts": lambda: SECRET if view.step_counts() == {"extract": {"failed": 1}} else "",
        "run": lambda: view.run(world.run),
        "lineage": lambda: view.lineage(world.derived),
        "ancestors": lambda: SECRET if view.ancestors(world.derived) > {world.derived} else "",
        "common_ancestors": lambda: view.common_ancestors(world.derived, world.derived),
        "path": lambda: view.path(world.datasets[0], world.derived),
        "warning": lambda: view.warning(world.datasets[1]),
        "stale": lambda: SECRET if view.stale(world.derived) else "",
        "replay": lambda: view.replay(world.replay),
        "replays": lambda: view.replays(world.run),
        "run_files": lambda: view.run_files(world.run),
        "relation": lambda: view.relation(world.relation),
        "runs_in": lambda: SECRET if view.runs_in([world.environment]) == [world.derived] else "",
        "of_bytes": lambda: SECRET if view.of_bytes(["5ec"]) == {"5ec": world.derived} else "",
        "writers": lambda: SECRET if view.writers(world.derived) == [world.run] else "",
        "newer_runs": lambda: SECRET if len(view.newer_runs(world.run)) == 1 else "",
        "saved_search": lambda: view.saved_search(world.saved),
        "search_news": lambda: SECRET if view.search_news(world.saved)[0].dataset == world.datasets[0] else "",
        "unread": lambda: SECRET if view.unread(9)[world.saved].newest == (world.datasets[0],) else "",
        "newcomers": lambda: SECRET if world.datasets[0] in repr(view.newcomers(YEARS[0], 99)) else "",
        "histogram": lambda: SECRET if view.histogram("", field="voltage").counts else "",
        "open_on": lambda: view.open_on("titan"),
        "last_file": lambda: (view.last_file(world.session), SECRET)[1] if view.last_file(world.session) else "",
        "is_taken": lambda: SECRET if view.is_taken("raw", f"Titan_TEM/{SECRET}/image_000.dm3") else "",
    }
    found = repr(reads_by_id[name]() if name in reads_by_id else TRIES[name](view, world))
    assert SECRET in found or world.activity in found


def test_a_hidden_thing_and_one_that_does_not_exist_are_told_apart_by_nothing(world: World) -> None:
    view, absent = world.catalog.view(BOB), new_id("dataset")
    assert refused(view.dataset, world.datasets[0]) == refused(view.dataset, absent)
    assert refused(view.lineage, world.datasets[0]) == refused(view.lineage, absent)


@pytest.mark.parametrize(
    "query", ["nosuch:1", f"{SECRET}_Key:1", "Voltag:1", "Microscope_Info.Voltage:>1", "xyzz_Ke:1"]
)
def test_no_suggestion_names_what_is_hidden(world: World, query: str) -> None:
    """Alice's vendor paths are known fields to her; to Bob they are no fields and suggest none."""
    with pytest.raises(BadQuery) as caught:
        world.catalog.view(BOB).search(query)
    said = str(caught.value).replace(query.partition(":")[0], "")
    assert SECRET not in said
    assert "Microscope" not in said


def test_counts_and_totals_are_of_what_is_visible(world: World) -> None:
    bob, staff = world.catalog.view(BOB), world.catalog.view(STAFF)
    assert bob.counts() == {"instruments": 1, "sessions": 1, "records": 1, "datasets": 2, "runs": 0}
    assert staff.counts()["datasets"] == 7
    assert bob.count_orphans("titan") == 0
    page = bob.search("", facets=("user", "format", "key"))
    assert page.total == 3
    assert sum(count for _, count in page.histogram) == 3
    assert [(facet.value, facet.count) for facet in page.facets["user"]] == [("bob", 3)]
    assert {facet.value for facet in page.facets["key"]} == {"Titan_TEM/bob/map_0.dm3", "Titan_TEM/bob/map_1.dm3"}


def test_what_was_told_and_may_no_longer_be_seen_is_told_no_more(catalog: Catalog, world: World) -> None:
    """A search of Carol's, who was on the session when it told her of a file."""
    saved = SavedSearch(new_id("saved_search"), "carol", "films", "", "dataset", BEGIN)
    session = world.catalog.view(STAFF).session(world.session)
    one = world.catalog.view(STAFF).dataset(world.datasets[0])
    rows = [session, one, saved, SearchNews(saved.id, one.id, BEGIN)]
    catalog.write(lambda change: change.put_all(rows, action="test"), by=SYSTEM)
    assert catalog.view(CAROL).unread(9)[saved.id].newest == (one.id,)
    catalog.write(lambda change: change.put(replace(session, people=()), action="edit"), by=ALICE)
    view = catalog.view(CAROL)
    assert (view.unread(9), view.search_news(saved.id)) == ({}, [])


def test_people_of_a_session_see_all_that_belongs_to_it(world: World) -> None:
    carol = world.catalog.view(CAROL)
    assert carol.session(world.session).notes.endswith(SECRET)
    assert {one.id for one in carol.datasets()} == set(world.datasets)
    assert carol.document(world.datasets[0])
    assert [one.id for one in carol.reservations()] == [world.reservation]


def test_what_is_derived_is_its_owners_alone(world: World) -> None:
    carol = world.catalog.view(CAROL)
    with pytest.raises(NoSuchThing):
        carol.dataset(world.derived)
    assert [node.id for node in carol.lineage(world.datasets[0]).nodes] == [world.datasets[0]]
    assert carol.relations(world.datasets[0]) == []


def test_orphans_are_for_staff(world: World) -> None:
    assert world.catalog.view(STAFF).dataset(world.orphan)
    with pytest.raises(NoSuchThing):
        world.catalog.view(ALICE).dataset(world.orphan)


def test_everybody_sees_who_is_at_an_instrument_and_not_why(world: World) -> None:
    [seen] = world.catalog.view(BOB).open_on("titan")
    assert (seen.id, seen.user, seen.state) == (world.open_session, "alice", "open")
    assert (seen.title, seen.notes, seen.people, seen.project, seen.sample) == ("", "", (), None, None)
    [own] = world.catalog.view(ALICE).open_on("titan")
    assert own.title == SECRET


def test_a_name_that_is_sql_is_a_name_and_nothing_more(world: World) -> None:
    for name in ("x' OR '1'='1", "alice'--", "{session}", "alice\\' OR 1=1 --"):
        assert world.catalog.view(Principal(name)).datasets() == []


def test_a_right_that_was_withdrawn_reaches_no_past(catalog: Catalog) -> None:
    session = Session(new_id("session"), "titan", "alice", "alice", BEGIN, title=SECRET, people=("carol",))
    catalog.write(lambda change: change.put(session, action="start"), by=ALICE)
    before = catalog.snapshot()
    catalog.write(lambda change: change.put(replace(session, people=()), action="edit"), by=ALICE)
    assert catalog.view(ALICE, as_of=before).session(session.id).people == ("carol",)
    with pytest.raises(NotFound):
        catalog.view(CAROL, as_of=before).session(session.id)
    assert catalog.view(CAROL).history(session.id) == []


def test_what_an_earlier_moment_saw_is_not_kept(catalog: Catalog) -> None:
    """Carol's question is under way when she is taken out of the session, and somebody else's moves the arrays on."""
    session = Session(new_id("session"), "titan", "alice", "alice", BEGIN, people=("carol",))
    one = dataset("grain.dm3", session=session.id)
    catalog.write(lambda change: change.put_all([session, one], action="start"), by=ALICE)
    assert catalog.view(STAFF).search("").total == 1

    def withdraw() -> None:
        catalog.write(lambda change: change.put(replace(session, people=()), action="edit"), by=ALICE)
        catalog.view(STAFF).search("")

    with catalog.at_one_moment():
        assert catalog.view(CAROL).session(session.id).people == ("carol",)
        thread = threading.Thread(target=withdraw)
        thread.start()
        thread.join()
        catalog.view(CAROL).search("")
    assert catalog.view(CAROL).search("").total == 0


def test_references_to_hidden_things_are_blank_in_what_one_sees(catalog: Catalog, world: World) -> None:
    """A file that is Bob's by ownership, placed in a session of Alice's."""
    mine = replace(world.catalog.view(STAFF).dataset(world.datasets[0]), owner="bob", activity=world.activity)
    session = world.catalog.view(STAFF).session(world.session)
    catalog.write(lambda change: change.put_all([mine, session], action="put"), by=SYSTEM)
    seen = catalog.view(BOB).dataset(mine.id)
    assert (seen.session, seen.activity) == (None, None)
    [hit] = catalog.view(BOB).search("").items
    assert (hit.session, hit.user, hit.project) == (None, "bob", None)


def test_a_history_names_no_hidden_thing(catalog: Catalog, world: World) -> None:
    staff = world.catalog.view(STAFF)
    mine = replace(staff.dataset(world.datasets[0]), owner="bob", activity=world.activity)
    catalog.write(lambda change: change.put_all([mine, staff.session(world.session)], action="put"), by=SYSTEM)
    catalog.write(lambda change: change.put(replace(mine, session=None, blank="empty"), action="edit"), by=SYSTEM)
    assert world.session in repr(catalog.view(STAFF).history(mine.id))
    entries = catalog.view(BOB).history(mine.id)
    assert [entry.action for entry in entries] == ["put", "edit"]
    assert entries[1].after == {"session": None, "blank": "empty"}
    assert world.session not in repr(entries)
    assert world.activity not in repr(entries)


def test_a_change_by_somebody_who_sees_only_part_keeps_the_rest(catalog: Catalog, world: World) -> None:
    mine = replace(world.catalog.view(STAFF).dataset(world.datasets[0]), owner="bob")
    catalog.write(lambda change: change.put(mine, action="put"), by=SYSTEM)
    catalog.write(lambda c: c.put(replace(c.view.dataset(mine.id), blank="empty"), action="look"), by=BOB)
    kept = catalog.view(STAFF).dataset(mine.id)
    assert (kept.session, kept.blank) == (world.session, "empty")


def test_every_table_that_people_read_has_a_rule() -> None:
    assert set(NAMES) - set(RELATIONS) == {"request"}, "a table without a rule can be read by nobody: give it one"


def test_naming_anothers_sample_tells_nothing_of_its_project(catalog: Catalog) -> None:
    session = Session(new_id("session"), "titan", "bob", "bob", BEGIN, sample="SMP-1")
    rows = (Project("PRJ-9", "secret"), Sample("SMP-1", "", project="PRJ-9"), session)
    catalog.write(lambda change: change.put_all(rows, action="test"), by=SYSTEM)
    view = catalog.view(BOB)
    assert [(one.id, one.project) for one in view.samples()] == [("SMP-1", None)]
    assert (view.projects(), view.history("PRJ-9")) == ([], [])


def test_the_history_of_people_projects_and_samples_tells_only_what_one_did_oneself(catalog: Catalog) -> None:
    """A name that two people use must not tell one of them when the other used it first, and for what."""
    names = [Person("carol"), Project("P-1"), Sample("wafer", project="P-1")]
    catalog.write(lambda change: change.put_all(names, action="session.name"), by=ALICE, request_key="k-alice")
    theirs = Session(new_id("session"), "titan", "bob", "bob", BEGIN, people=("carol",), project="P-1", sample="wafer")
    catalog.write(lambda change: change.put(theirs, action="session.start"), by=BOB, request_key="k-bob")
    seen = catalog.view(BOB)
    assert [one.id for one in seen.people()] == ["carol"]
    for name in ("carol", "P-1", "wafer"):
        assert seen.history(name) == []
        assert [one.by for one in catalog.view(STAFF).history(name)] == ["alice"]
    edited = replace(theirs, title="x")
    catalog.write(lambda change: change.put(edited, action="session.edit"), by=STAFF, request_key="k-staff")
    assert [(one.by, one.request) for one in seen.history(theirs.id)] == [("bob", "k-bob"), (STAFF.name, None)]


def test_people_who_are_named_in_hidden_sessions_only_are_nobody(catalog: Catalog) -> None:
    secret = "Dr X of SecretCorp"
    hidden = Session(new_id("session"), "titan", "alice", "alice", BEGIN, people=(secret,), end=BEGIN, state="ended")

    def put(change: Transaction) -> None:
        change.put_all([Person(secret), Person("alice"), Person("dora", "Dora D.")], action="session.name")
        change.put(hidden, action="session.start")

    catalog.write(put, by=ALICE)
    assert [one.id for one in catalog.view(BOB).people()] == ["alice", "dora"]
    assert secret in [one.id for one in catalog.view(ALICE).people()]


@pytest.mark.parametrize("name", ["Microscope_Info.Voltage", f"{SECRET}_Key"])
def test_whether_a_hidden_path_exists_is_told_by_no_way_of_asking(world: World, name: str) -> None:
    ways: tuple[Callable[[View, str], object], ...] = (
        lambda v, n: v.search(f"{n}:1"),
        lambda v, n: v.search(f"has:{n}"),
        lambda v, n: v.search("", sort=n),
        lambda v, n: v.search("", facets=(n,)),
        lambda v, n: v.search("", filters={n: ("1",)}),
        lambda v, n: v.search_table("", columns=(n,)),
        lambda v, n: v.search_table("", sort=n),
        lambda v, n: v.histogram("", field=n),
    )
    for number, ask in enumerate(ways):
        told = []
        for asked in (name, "Nowhere.Nothing"):
            with pytest.raises(Invalid) as caught:
                ask(world.catalog.view(BOB), asked)
            told.append((caught.value.message + caught.value.hint).replace(asked, "…"))
        assert told[0] == told[1], number
        ask(world.catalog.view(ALICE), name) if number != 7 or "Voltage" in name else None
