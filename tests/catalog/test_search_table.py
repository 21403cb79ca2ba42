"""All results as one table: the same, in the same order, as page by page; and nothing of what is hidden."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lims.catalog import Catalog, Transaction, View
from lims.catalog.arrow import stream_of
from lims.catalog.search.leaf_column import in_one_unit, smallest
from lims.errors import Invalid
from lims.model import SYSTEM, Dataset, Extraction, Hit, Principal, Value, new_id
from tests.catalog.test_search_agrees import SEED, WHO, Play
from tests.catalog.world import ALICE, BEGIN, BOB, CAROL, SECRET, STAFF, World
from tests.facilities import copy_empty_catalog

SORTS = ("newest", "oldest", "largest", "smallest", "name", "-name", "user", "voltage", "-detector", "Volts", "-Mood")
KINDS = (None, "record", "dataset")
EVERYTHING = (
    "id", "kind", "name", "at", "instrument", "user", "project", "sample", "session", "record", "format", "state",
    "datasets", "activities", "bytes", "failed", "origin", "operator", "people", "title", "notes", "store", "key",
    "status", "sha256", "owner", "date", "tag", "voltage", "pixel_size_x", "detector_name",
)  # fmt: skip


def by_pages(view: View, query: str, **options: Any) -> list[Hit]:
    page = view.search(query, limit=9, **options)
    found = list(page.items)
    while page.cursor:
        page = view.search(query, limit=9, cursor=page.cursor, **options)
        found += page.items
    return found


def as_row(hit: Hit) -> dict[str, Any]:
    """What the table says of it: nothing is null instead of an empty text."""
    fields = ("id", "kind", "name", "at", "instrument", "user", "project", "sample", "session", "record", "format")
    fields += ("state", "datasets", "activities", "bytes", "failed")
    return {name: None if getattr(hit, name) == "" else getattr(hit, name) for name in fields}


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory, extensions: Path) -> Iterator[Play]:
    folder = copy_empty_catalog(tmp_path_factory.mktemp("play") / "catalog")
    with Catalog.open(folder, extensions=extensions) as catalog:
        made = Play(catalog, random.Random(SEED))

        def begin(change: Transaction) -> None:
            for step in (made.log, made.register, made.register, made.read) * 8 + (made.tag, made.tag):
                step(change)

        catalog.write(begin, by=SYSTEM)
        made.change()
        yield made


def test_a_table_has_the_results_of_all_pages_in_their_order(play: Play) -> None:
    found = 0
    for number in range(120):
        if number % 40 == 20:
            play.change()
        query, who = play.chance.choice(("", play.query())), play.chance.choice(WHO)
        filters = play.chance.choice(({}, {"format": ["dm3", "tif"]}, {"user": ["alice"], "project": ["fuel"]}))
        options = {"kind": play.chance.choice(KINDS), "sort": play.chance.choice(SORTS), "filters": filters}
        view = play.catalog.view(who)
        try:
            hits = by_pages(view, query, **options)
        except Invalid:
            continue
        table = view.search_table(query, **options)
        assert table.to_pylist() == [as_row(hit) for hit in hits], (query, who, options)
        found += len(hits)
    assert found > 200, "most tables were empty, which proves little"


def test_a_table_of_then_is_that_of_then(play: Play) -> None:
    snapshot, view = play.catalog.snapshot(), play.catalog.view(STAFF)
    then = view.search_table("", columns=EVERYTHING).to_pylist()
    play.catalog.write(play.register, by=SYSTEM)
    play.catalog.write(play.read, by=SYSTEM)
    assert play.catalog.view(STAFF).search_table("", columns=EVERYTHING).to_pylist() != then
    assert play.catalog.view(STAFF, snapshot).search_table("", columns=EVERYTHING).to_pylist() == then


def test_values_are_those_of_the_things_themselves(play: Play) -> None:
    """Against what was put in, for people who see all and much."""
    for who in WHO[:3]:
        table = play.catalog.view(who).search_table(
            "", columns=("id", "kind", "people", "notes", "tag", "key", "voltage", "detector", "Volts", "Mood")
        )
        files = {one.dataset.id: one for one in play.all.files(who)}
        for row in table.to_pylist():
            if row["kind"] == "record":
                session = play.all.sessions[play.all.records[row["id"]].session]
                tags = {*play.all.tags.get(row["id"], []), *play.all.tags.get(session.id, [])}
                assert (row["people"], row["notes"]) == (list(session.people), session.notes or None)
                assert (row["tag"], row["key"], row["voltage"], row["Volts"]) == (sorted(tags), None, None, None)
                continue
            file = files[row["id"]]
            said, tree = file.dataset.normalised, file.tree.get("Microscope", {})
            assert row["key"] == [file.dataset.key]
            assert row["tag"] == sorted(file.tags)
            assert row["people"] == (list(file.session.people) if file.session else None)
            assert row["notes"] == ((file.session.notes or None) if file.session else None)
            assert row["voltage"] == (said["acceleration_voltage"].value if said else None)
            assert row["detector"] == (said["detector_name"].value if said else None)
            assert (row["Volts"], row["Mood"]) == (tree.get("Volts"), tree.get("Mood"))


# --- what is hidden


@pytest.mark.parametrize("who", [BOB, Principal("stranger")], ids=lambda who: who.name)
def test_a_stranger_finds_nothing_hidden_in_any_column(world: World, who: Principal) -> None:
    view = world.catalog.view(who)
    for sort in ("newest", "name", "user", "detector"):
        table = view.search_table("", columns=EVERYTHING, sort=sort)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        said = sink.getvalue().to_pybytes()
        assert SECRET.encode() not in said, "not even in a dictionary that no row refers to"
        assert not [one for one in (*world.secret_ids, "alice", "carol", "HAADF") if one.encode() in said]
    assert {row["session"] for row in table.to_pylist()} <= {world.bobs_session}


def test_a_file_says_of_its_hidden_session_nothing(catalog: Catalog, world: World) -> None:
    """It is Bob's own file, in Alice's session."""
    mine = Dataset(
        new_id("dataset"), "derived", "derived", "bob/x.hspy", 5, BEGIN, owner="bob", session=world.session, format="h"
    )
    catalog.write(lambda change: change.put_all([world.catalog.view(STAFF).session(world.session), mine], action="t"),
                  by=SYSTEM)
    columns = ("id", "user", "session", "record", "title", "notes", "people", "sample", "project", "operator")
    (row,) = catalog.view(BOB).search_table("", columns=columns).to_pylist()
    assert row == dict.fromkeys(columns) | {"id": mine.id, "user": "bob"}
    staffs = {row["id"]: row for row in catalog.view(STAFF).search_table("", columns=columns).to_pylist()}
    assert staffs[mine.id]["user"] == "alice"


def test_a_path_that_only_hidden_files_have_is_no_column(world: World) -> None:
    def refused(name: str) -> str:
        with pytest.raises(Invalid) as told:
            world.catalog.view(BOB).search_table("", columns=(name,))
        return str(told.value).replace(name, "…")

    assert refused("Microscope_Info.Voltage") == refused("Nonsense_Info.Voltage")
    assert SECRET not in refused(f"{SECRET[:4]}_Key")
    assert world.catalog.view(CAROL).search_table("", columns=("Microscope_Info.Voltage",))[0].null_count < 4


# --- columns, units, limits


@pytest.mark.parametrize(
    ("name", "hint"), [("nosuch", "lims fields"), ("voltag", "acceleration_voltage"), ("has", "lims fields|hash|tag")]
)
def test_a_column_that_means_nothing_is_a_sentence_with_the_nearest_name(world: World, name: str, hint: str) -> None:
    with pytest.raises(Invalid, match=f"There is no field '{name}'") as told:
        world.catalog.view(STAFF).search_table("", columns=("id", name))
    assert "character" not in told.value.message
    assert told.value.hint


def test_more_results_than_the_limit_are_refused(world: World) -> None:
    view = world.catalog.view(STAFF)
    total = view.search("").total
    assert len(view.search_table("", limit=total)) == total
    with pytest.raises(Invalid, match=f"There are {total} results.*{total - 1} rows.*Narrow"):
        view.search_table("", limit=total - 1)
    with pytest.raises(Invalid, match="limit must be"):
        view.search_table("", limit=10**9)


def test_numbers_have_their_unit_and_their_type(world: World) -> None:
    columns = ("voltage", "pixel_size_x", "bytes", "at", "datasets", "Microscope_Info.Voltage", "tag", "magnification")
    schema = world.catalog.view(STAFF).search_table("", columns=columns).schema
    assert [field.name for field in schema] == list(columns)
    units = {field.name: (field.metadata or {}).get(b"unit") for field in schema}
    assert units == dict.fromkeys(columns) | {"voltage": b"V", "pixel_size_x": b"m", "bytes": b"B"}
    assert [schema.field(name).type for name in ("at", "datasets", "Microscope_Info.Voltage", "tag")] == [
        pa.timestamp("us", "UTC"), pa.int64(), pa.float64(), pa.list_(pa.string()),
    ]  # fmt: skip


def test_a_column_named_twice_comes_once(world: World) -> None:
    assert world.catalog.view(STAFF).search_table("", columns=("id", "bytes", "id")).column_names == ["id", "bytes"]


TREES: tuple[dict[str, Any], ...] = (
    {"Level": "2.5 mm", "Shutter": "0.5 s", "Mixed": "4 kV", "Odd": 1.5, "Gap": "", "Both": {"x": 4, "y": 2}},
    {"Level": "300 µm", "Shutter": "20 ms", "Mixed": 7, "Odd": "auto", "Gap": 3, "Both": {"x": 1}},
    {"Level": "1 mm", "Flag": True, "Probe (nA)": 0.25, "Gap": None},
    {},
)


@pytest.fixture
def trees(catalog: Catalog) -> View:
    def fill(change: Transaction) -> None:
        for number, tree in enumerate(TREES):
            one = Dataset(new_id("dataset"), "raw", "raw", f"{number}.dm3", 1, BEGIN + timedelta(minutes=number))
            change.put(one, action="register")
            change.put_extraction(one.id, Extraction("dm3", "test", "1", metadata=tree))

    catalog.write(fill, by=SYSTEM)
    return catalog.view(STAFF)


@pytest.mark.parametrize(
    ("path", "values", "unit"),
    [
        ("Level", [2.5, 0.3, 1, None], "mm"),  # most say mm: 300 µm is 0.3 of them
        ("Shutter", [0.5, 0.02, None, None], "s"),
        ("Probe_(nA)", [None, None, 0.25, None], "nA"),
        ("Mixed", ["4 kV", "7", None, None], ""),  # a number without a unit may mean anything
        ("Odd", ["1.5", "auto", None, None], ""),
        ("Gap", [None, 3, None, None], ""),  # nothing written is nothing, and makes no text of the others
        ("Flag", [None, None, "True", None], ""),
        ("Both.*", [2, 1, None, None], ""),  # the smallest of a file's, by which it is sorted, too
    ],
)
def test_a_vendors_path_is_numbers_in_one_unit_or_texts(trees: View, path: str, values: list[Any], unit: str) -> None:
    table = trees.search_table("", columns=(path,), sort="oldest")
    assert table[0].to_pylist() == [None if one is None else pytest.approx(one) for one in values]
    assert ((table.schema.field(0).metadata or {}).get(b"unit") or b"").decode() == unit


def test_a_path_without_a_value_among_the_results_is_empty(trees: View) -> None:
    assert trees.search_table("name:3.dm3", columns=("Level",)).to_pylist() == [{"Level": None}]
    assert trees.search_table("nothing-like-this", columns=("id", "tag", "Level", "voltage")).num_rows == 0


def test_units_of_different_kinds_do_not_mix() -> None:
    numbers, which = pa.array([1.0, 2.0, 3.0]).to_numpy(), pa.array([0, 1, 0]).to_numpy()
    assert in_one_unit(numbers, ["kV", "nm"], which) is None
    assert in_one_unit(numbers, ["kV", ""], which) is None
    found = in_one_unit(numbers, ["kV", "V"], which)
    assert found is not None
    assert (found[0].tolist(), found[1]) == ([1.0, pytest.approx(0.002), 3.0], "kV")
    warm = in_one_unit(numbers, ["K", "degC"], which)
    assert warm is not None
    assert warm[0][1] == pytest.approx(275.15), "0 °C is 273.15 K"
    assert smallest(numbers, which, 3).tolist()[:2] == [1.0, 2.0]


def test_more_texts_than_are_kept_are_read_from_their_table(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lims.catalog.search.index.MOST_WORDS", 3)

    def fill(change: Transaction) -> None:
        for number in range(6):
            one = Dataset(new_id("dataset"), "raw", "raw", f"{number}.dm3", 1, BEGIN + timedelta(minutes=number))
            change.put(replace(one, normalised={"detector_name": Value(f"D{number}")} if number else {}), action="put")

    catalog.write(fill, by=SYSTEM)
    found = catalog.view(STAFF).search_table("", columns=("detector",), sort="oldest")["detector"].to_pylist()
    assert found == [None, "D1", "D2", "D3", "D4", "D5"]


def test_many_things_are_read_as_few_are(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    view = world.catalog.view(ALICE)
    few = view.search_table("", columns=EVERYTHING)
    monkeypatch.setattr("lims.catalog.search.table.FEW", 0)
    assert view.search_table("", columns=EVERYTHING).equals(few)


def test_a_stream_reads_back_as_it_was(world: World) -> None:
    table = world.catalog.view(STAFF).search_table("", columns=EVERYTHING)
    read = pa.ipc.open_stream(stream_of(table)).read_all()
    assert read.schema.equals(table.schema, check_metadata=True)
    assert read.to_pylist() == table.to_pylist()
