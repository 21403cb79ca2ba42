"""Searching the small world of `world.py`: what is found, counted and said."""

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest

from lims.catalog import Catalog
from lims.catalog.search import BadQuery
from lims.catalog.search.names import _is_like
from lims.errors import Invalid
from lims.model import SYSTEM, Facet, Principal, SearchPage
from tests.catalog.world import ALICE, SECRET, STAFF, World, dataset

Search = Callable[..., SearchPage]


@pytest.fixture
def search(world: World) -> Search:
    def ask(query: str, *, kind: str | None = "dataset", **more: object) -> SearchPage:
        return world.catalog.view(STAFF).search(query, kind=kind, **more)  # type: ignore[arg-type]

    return ask


def names(page: SearchPage) -> set[str]:
    assert page.total == len(page.items), "the total is of the page when the page holds all"
    return {hit.name for hit in page.items}


IMAGES = {"image_000.dm3", "image_001.dm3", "image_002.dm3"}
MAPS = {"map_0.dm3", "map_1.dm3"}
FFT, ORPHAN = {f"{SECRET}_FFT.hspy"}, {f"{SECRET}_orphan.dm3"}
EVERYTHING = IMAGES | MAPS | FFT | ORPHAN


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", EVERYTHING),
        # free text: names, session, notes, events, metadata, tags; any case, any accent, parts of words
        ("image_001", {"image_001.dm3"}),
        ("GRAIN", IMAGES),
        ("unstable", IMAGES),
        ("ÜNSTABLE", IMAGES),
        ("filament", IMAGES),
        ("tecnai", IMAGES),
        ("haadf", {"image_001.dm3", "image_002.dm3"}),
        ("grain haadf", {"image_001.dm3", "image_002.dm3"}),
        ("fuel grain", set()),
        ("(fuel OR haadf)", MAPS | {"image_001.dm3", "image_002.dm3"}),
        ('"fuel cells"', MAPS),
        ('"cells fuel"', set()),
        ("grain -haadf", {"image_000.dm3"}),
        ("-grain", EVERYTHING - IMAGES),
        ('"tag xyzzy"', {"image_000.dm3"}),
        # fields
        ("format:dm3", {"image_001.dm3", "image_002.dm3"} | MAPS),
        ("format:DM3 -user:bob", {"image_001.dm3", "image_002.dm3"}),
        ("format:(tif OR hspy)", {"image_000.dm3"} | FFT),
        ("instrument:titan", IMAGES | MAPS),
        ('instrument:"Titan TEM"', IMAGES | MAPS),
        ("instrument:tit*", IMAGES | MAPS),
        ("instrument:tit", set()),
        ("project:AM-12", MAPS),
        ("project:AM-1", set()),
        ("project:AM", MAPS),
        ("project:=AM", set()),
        ("user:alice", IMAGES | FFT),
        ("people:carol", IMAGES),
        ("name:image*", IMAGES),
        ("name:*.hspy", FFT),
        ("tag:xyzzy", {"image_000.dm3"}),
        ("size:<100B", FFT),
        ("size:0.5..2kB", EVERYTHING - FFT),
        # numbers with units
        ("voltage:>=200kV", {"image_001.dm3", "image_002.dm3"}),
        ("voltage:>200kV", {"image_002.dm3"}),
        ("voltage:200kV", {"image_001.dm3"}),
        ("voltage:0.2MV", {"image_001.dm3"}),
        ("acceleration_voltage:200000", {"image_001.dm3"}),
        ("pixel:5..10nm", {"image_000.dm3", "image_001.dm3"}),
        ("pixel:10nm..", {"image_001.dm3", "image_002.dm3"}),
        ("pixel:..50Å", {"image_000.dm3"}),
        ("detector:haadf", {"image_001.dm3", "image_002.dm3"}),
        # vendors' own paths
        ("Microscope_Info.Voltage:>1e5", {"image_001.dm3", "image_002.dm3"}),
        ('"Microscope Info.Voltage":>1e5', {"image_001.dm3", "image_002.dm3"}),
        ("microscope_info.voltage:200000", {"image_001.dm3"}),
        ("Micro*.Volt*:200000..3e5", {"image_001.dm3", "image_002.dm3"}),
        (f"{SECRET}_Key:tecnai", IMAGES),
        # times
        ("after:2018-11-14", MAPS | ORPHAN),
        ("before:2018-11-14", IMAGES | FFT),
        ("during:2018-11-13", IMAGES | FFT),
        ("date:2018-11-13..2018-11-14", EVERYTHING),
        ("date:>2018-11-13", MAPS | ORPHAN),
        ("during:2019", set()),
        # states
        ("is:raw", EVERYTHING - FFT),
        ("is:derived", FFT),
        ("is:orphan", ORPHAN),
        ("is:failed", {"image_002.dm3"}),
        ("is:blank", {"image_001.dm3"}),
        ("is:complete", MAPS),
        ("has:preview", {"image_000.dm3"}),
        ("has:metadata", IMAGES),
        ("has:notes", IMAGES),
        ("has:tag", {"image_000.dm3"}),
        ("has:voltage", IMAGES),
        ("has:parents", FFT | {"map_1.dm3"}),
    ],
)
def test_which_datasets_are_found(search: Search, query: str, expected: set[str]) -> None:
    assert names(search(query)) == expected


GRAIN, FUEL, OPEN = f"Grain boundaries {SECRET}", "Fuel cells", SECRET


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {GRAIN, FUEL, OPEN}),
        ("grain", {GRAIN}),
        ("haadf", {GRAIN}),
        ("haadf BF", {GRAIN}),  # words may stand in different files of a record
        ("detector:haadf voltage:100kV", set()),  # fields of files describe one file: BF was at 100 kV
        ("detector:haadf voltage:200kV", {GRAIN}),
        ("format:dm3", {GRAIN, FUEL}),
        ("-format:tif", {FUEL, OPEN}),  # nothing in the record is a tif
        ("-haadf", {FUEL, OPEN}),
        ("is:failed", {GRAIN}),
        ("is:open", {OPEN}),
        ("is:attention", {GRAIN}),
        ("user:bob", {FUEL}),
        ("name:map*", {FUEL}),
        ('tag:"tag xyzzy"', {GRAIN}),
        ("during:2018-11-13", {GRAIN}),
        ("during:2018-11", {GRAIN, FUEL}),
        ("after:2018-11-14", {FUEL, OPEN}),
        ("before:2018-11-14", {GRAIN}),
        ("has:reservation", {GRAIN}),
        ("datasets:>2", {GRAIN}),
        ("map_0 OR haadf", {FUEL, GRAIN}),
    ],
)
def test_which_records_are_found(search: Search, query: str, expected: set[str]) -> None:
    assert names(search(query, kind="record")) == expected


def test_a_record_says_how_many_of_its_files_need_attention(search: Search) -> None:
    assert {hit.name: hit.failed for hit in search("", kind="record").items} == {GRAIN: 1, FUEL: 0, OPEN: 0}
    assert {hit.failed for hit in search("is:failed", kind="dataset").items} == {0}


def test_without_a_kind_both_are_found(search: Search) -> None:
    page = search("fuel", kind=None)
    assert sorted(hit.kind for hit in page.items) == ["dataset", "dataset", "record"]


def test_descendants_are_found_over_any_number_of_steps(search: Search, world: World) -> None:
    assert names(search(f"derived-from:{world.datasets[0]}")) == FFT
    assert names(search(f"derived-from:{world.bobs_datasets[0]}")) == {"map_1.dm3"}
    assert names(search("derived-from:dat-0000000000")) == set()


@pytest.mark.parametrize(
    ("query", "position", "says"),
    [
        ("haadf volage:>2", 6, "Did you mean voltage?"),
        ("Voltag:>2", 0, "Did you mean voltage?"),
        ("Microscope_Info.Volltage:>2", 0, 'Did you mean "Microscope Info.Voltage"?'),
        ("voltage:>=200nm", 13, "does not fit voltage"),
        ("format:>3", 0, "is a text"),
        ("is:shiny", 3, "Known are"),
        ("has:nosuch", 4, "no field"),
        ("after:soon", 6, "not a time"),
        ("after:>2018", 0, "takes no >"),
        ("Microscope_Info.Voltage:>100kV", 28, "does not fit"),
    ],
)
def test_errors_point_at_the_character(search: Search, query: str, position: int, says: str) -> None:
    for kind in ("dataset", "record"):
        with pytest.raises(BadQuery) as caught:
            search(query, kind=kind)
        assert caught.value.position == position
        assert says in str(caught.value)


def test_pages_have_an_order_and_a_total(search: Search) -> None:
    everything = search("", sort="oldest")
    assert [hit.at for hit in everything.items] == sorted(hit.at for hit in everything.items)
    paged = [search("", sort="oldest", limit=2, offset=offset) for offset in (0, 2, 4, 6, 8)]
    assert [page.total for page in paged] == [7] * 5
    assert [hit for page in paged for hit in page.items] == list(everything.items)
    assert search("", sort="newest").items[0].name == "map_1.dm3"
    assert search("", sort="smallest").items[0].name in FFT
    assert search("", limit=0).total == 7
    with pytest.raises(Invalid):
        search("", sort="shiniest")
    with pytest.raises(Invalid):
        search("", offset=-1)


def test_a_facet_is_not_narrowed_by_its_own_filter(search: Search) -> None:
    page = search("", filters={"format": ["dm3"], "user": ["alice"]}, facets=("format", "user", "detector"))
    assert names(page) == {"image_001.dm3", "image_002.dm3"}
    assert page.facets["format"] == (Facet("dm3", 2), Facet("hspy", 1), Facet("tif", 1))
    assert page.facets["user"] == (Facet("alice", 2), Facet("bob", 2))
    assert page.facets["detector"] == (Facet("HAADF", 2),)
    assert page.histogram == (("2018-11-13", 2),)


def test_a_page_need_not_bring_the_days(search: Search) -> None:
    page = search("", days=False)
    assert (page.total, page.histogram) == (search("").total, ())


def test_facets_of_records_count_records(search: Search) -> None:
    page = search("", kind="record", facets=("format", "state", "tag"))
    assert page.facets["format"] == (Facet("dm3", 2), Facet("tif", 1))
    assert {facet.value: facet.count for facet in page.facets["state"]} == {"attention": 1, "complete": 1, "open": 1}
    assert page.facets["tag"] == (Facet(f"tag {SECRET}", 1),)
    assert names(search("", kind="record", filters={"format": ["tif"]})) == {GRAIN}
    assert names(search("", kind="record", filters={"format": ["tif", "dm3"]})) == {GRAIN, FUEL}


@pytest.mark.parametrize(
    ("typed", "path", "is_like"),
    [
        ("voltage", "a.voltage", True), ("voltage", "highvoltage", False), ("a.voltage", "a.voltage", True),
        ("mic*volt*", "microscope_info.voltage", True), ("*voltage", "x.highvoltage", True),
        ("info.*", "x.info.a", True),
        ("a*a", "a", False), ("a*a", "aa", True), ("b*c", "a.bc", True), ("b*c", "abc", False), ("*", "anything", True),
        ("*" + "a*" * 40 + "b", "a" * 5000, False),
    ],
)  # fmt: skip
def test_stars_stand_for_any_letters_and_take_no_time(typed: str, path: str, is_like: bool) -> None:
    assert _is_like(path, typed.split("*")) is is_like


def test_a_filter_on_what_nothing_has_leaves_nothing(search: Search) -> None:
    assert search("", filters={"format": ["nosuch"]}).total == 0
    assert search("", filters={"format": []}).total == 7
    with pytest.raises(Invalid):
        search("", filters={"colour": ["red"]})


def test_the_line_that_reproduces_it(search: Search) -> None:
    page = search('title:"it\'s"', filters={"format": ["dm3"]}, limit=5)
    assert page.python == ("facility.search('title:\"it\\'s\"', kind='dataset', filters={'format': ['dm3']})")
    assert search("", kind=None).python == "facility.search('')"


def test_a_hit_carries_what_a_tile_shows(search: Search, world: World) -> None:
    [record] = search("grain", kind="record").items
    assert (record.id, record.session, record.cover) == (world.record, world.session, world.datasets[0])
    assert (record.preview_size, record.datasets, record.instrument) == ((768, 512), 3, "titan")
    [file] = search("image_001").items
    assert (file.record, file.cover, file.blank, file.format) == (world.record, None, "99.9 % zero", "dm3")


def test_search_as_of_a_snapshot_finds_what_was(catalog: Catalog) -> None:
    one = dataset("a/old_name.dm3", owner="alice")
    catalog.write(lambda change: change.put(one, action="put"), by=SYSTEM)
    page = catalog.view(ALICE).search("old_name", kind="dataset")
    catalog.write(lambda change: change.put(replace(one, key="a/new_name.dm3"), action="put"), by=SYSTEM)
    then = catalog.view(ALICE, as_of=page.snapshot)
    assert [hit.name for hit in then.search("old_name", kind="dataset").items] == ["old_name.dm3"]
    assert then.search("old_name", kind="dataset").snapshot == page.snapshot
    assert catalog.view(ALICE).search("old_name", kind="dataset").total == 0


NASTY = [
    "it's",
    "100%",
    "a_b",
    'say "hi"',
    "<b>&amp;",
    "naïve\u0301",
    "日本語",
    "new\nline",
    "back\\slash",
    "$p0",
    "{me}",
    "caf\udce9",
]


@pytest.mark.parametrize("query", ["caf\udce9", "name:caf\udce9", "tag:=caf\udce9", "derived-from:caf\udce9"])
@pytest.mark.parametrize("kind", ["dataset", "record"])
def test_what_is_no_utf8_can_be_asked_for(search: Search, query: str, kind: str) -> None:
    assert search(query, kind=kind).total == 0


def test_any_name_is_found_by_itself(catalog: Catalog) -> None:
    files = [dataset(f"x/{name}.dm3", owner="alice") for name in NASTY]
    catalog.write(lambda change: change.put_all(files, action="put"), by=SYSTEM)
    for one, name in zip(files, NASTY, strict=True):
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        for query in (f'"{quoted}"', f'name:"{quoted}"'):
            found = catalog.view(ALICE).search(query, kind="dataset").items
            assert [hit.id for hit in found] == [one.id], query


@pytest.mark.parametrize("field", ["user", "instrument", "name", "tag"])
def test_many_stars_take_no_longer_than_one(catalog: Catalog, field: str) -> None:
    """An engine that goes back would try them for ever."""
    one = dataset("a" * 60, owner="a" * 60, instrument="a" * 60)
    catalog.write(lambda change: change.put(one, action="put"), by=SYSTEM)
    catalog.write(lambda change: change.tag(one.id, "a" * 60), by=SYSTEM)
    for query, total in ((f"{field}:{'a*' * 1500}b", 0), (f"{field}:{'a*' * 50}a", 1)):
        assert catalog.view(STAFF).search(query, kind="dataset").total == total


@pytest.mark.parametrize(
    "said", ["", "[]", "[" * 3000, '["name",false,"x",1]', '["newest",false,7,1]', f'["newest",false,"x",{"9" * 500}]']
)
def test_a_cursor_that_nobody_gave_is_refused(search: Search, said: str) -> None:
    with pytest.raises(Invalid, match="cursor"):
        search("", cursor=base64.urlsafe_b64encode(said.encode()).decode() or "no cursor")


def test_a_cursor_may_name_what_no_table_holds(search: Search) -> None:
    said = base64.urlsafe_b64encode(b'["newest",false,"\\ud800",0]').decode()
    assert search("", cursor=said).items == ()


def test_a_hidden_session_orders_nothing(catalog: Catalog, world: World) -> None:
    """Files of one's own in sessions of others stand in the order of what one sees of them."""
    sessions = [replace(world.catalog.view(STAFF).session(world.session), id=f"ses-{n}", user=n) for n in ("b", "a")]
    files = [replace(dataset(n, session=f"ses-{n}", owner="zoe"), id=f"dat-{n}") for n in ("a", "b")]
    catalog.write(lambda change: change.put_all([*sessions, *files], action="put"), by=SYSTEM)
    for sort in ("user", "-user"):
        found = catalog.view(Principal("zoe")).search("", kind="dataset", sort=sort)
        assert [(hit.id, hit.user) for hit in found.items] == [("dat-a", "zoe"), ("dat-b", "zoe")]


def test_looking_at_the_past_loads_nothing_that_is_not_searched(catalog: Catalog) -> None:
    catalog.view(STAFF, as_of=catalog.snapshot()).datasets()
    assert not catalog._indexes._past
