"""What can be asked for here, and how numbers are spread."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from lims.catalog import Catalog
from lims.catalog.search import BadQuery
from lims.catalog.search.histograms import binned
from lims.errors import Invalid
from lims.model import SYSTEM, Extraction, Principal, SearchField, Value
from tests.catalog.world import ALICE, BOB, SECRET, STAFF, World, dataset


def fields(world: World, who: Principal = STAFF, like: str = "") -> dict[str, SearchField]:
    return {one.name: one for one in world.catalog.view(who).fields(like)}


def test_every_kind_of_name_is_listed_with_unit_count_and_examples(world: World) -> None:
    found = fields(world)
    voltage, detector = found["acceleration_voltage"], found["detector_name"]
    assert (voltage.group, voltage.kind, voltage.unit, voltage.count) == ("normalised", "number", "V", 3)
    assert (voltage.examples, voltage.aliases) == (("100 kV", "300 kV"), ("voltage", "ht", "energy"))
    assert (detector.kind, set(detector.examples)) == ("text", {"HAADF", f"BF {SECRET}"})
    vendor = found["Microscope Info.Voltage"]
    assert (vendor.group, vendor.kind, vendor.count, vendor.examples) == ("vendor", "number", 3, ("100000", "300000"))
    text = found[f"Microscope Info.{SECRET} Key"]
    assert (text.kind, text.examples) == ("text", (f"Tecnai {SECRET}",))
    assert (found["format"].group, found["format"].examples[:1]) == ("common", ("dm3",))
    assert found["tag"].count == 1
    assert (found["is"].kind, "raw" in found["is"].examples) == ("choice", True)
    assert found["stage_x"].count == 0


def test_each_name_means_something_in_a_query(world: World) -> None:
    view = world.catalog.view(STAFF)
    for one in view.fields():
        if one.group != "special":
            assert view.search(f'has:"{one.name}"' if one.name != "id" else "has:format").total >= 0, one.name
            assert view.search(f'"{one.name}":"{one.examples[0]}"' if one.examples else "").total > 0, one.name


@pytest.mark.parametrize(
    ("like", "first"),
    [("vol", "acceleration_voltage"), ("Microscope Info.V", "Microscope Info.Voltage"), ("deriv", "derived-from")],
)
def test_the_nearest_name_comes_first(world: World, like: str, first: str) -> None:
    assert next(iter(fields(world, like=like))) == first


def test_nobody_is_told_of_names_and_values_of_files_they_do_not_see(world: World) -> None:
    for who in (BOB, Principal("mallory"), Principal(STAFF.name)):
        fields(world)
        told = fields(world, who)
        assert SECRET not in str(told), who
        assert "Microscope Info.Voltage" not in told


def test_a_new_path_is_listed(world: World) -> None:
    fields(world)
    one = dataset("Titan_TEM/new.dm3")

    def add(change: object) -> None:
        change.put(one, action="read")  # type: ignore[attr-defined]
        change.put_extraction(one.id, Extraction("dm3", "x", "1", metadata={"Brand": {"New (nA)": 5.0}}))  # type: ignore[attr-defined]

    world.catalog.write(add, by=SYSTEM)
    world.catalog._indexes.present.known.clear()
    assert fields(world)["Brand.New (nA)"].unit == "nA"


# --- histograms --------------------------------------------------------------------------------------------------


def test_a_histogram_counts_results_between_edges(world: World) -> None:
    found = world.catalog.view(ALICE).histogram("grain", field="voltage", bins=2)
    assert (found.kind, found.unit, found.edges) == ("number", "V", (1e5, 2e5, 3e5))
    assert (found.counts, found.missing) == ((2, 4), 0)  # of files one and two, of the record each of three once


def test_times_are_seconds_since_1970(world: World) -> None:
    found = world.catalog.view(STAFF).histogram("format:dm3", bins=3, kind="dataset")
    assert found.kind == "time"
    assert datetime.fromtimestamp(found.edges[0], UTC).year == 2018
    assert sum(found.counts) == world.catalog.view(STAFF).search("format:dm3", kind="dataset").total


def test_histograms_agree_with_counting_by_hand(catalog: Catalog) -> None:
    chance = random.Random(3)
    numbers = [chance.choice((None, chance.uniform(1, 50))) for _ in range(200)]
    said = [{"stage_x": Value(one, "m")} if one is not None else {} for one in numbers]
    files = [replace(dataset(f"x/{place}.dm3"), normalised=one) for place, one in enumerate(said)]
    catalog.write(lambda change: change.put_all(files, action="read"), by=SYSTEM)
    found = catalog.view(STAFF).histogram("", field="stage_x", bins=7)
    there = [one for one in numbers if one is not None]
    assert found.missing == len(numbers) - len(there)
    assert list(found.counts) == np.histogram(there, bins=found.edges)[0].tolist()
    assert (found.edges[0], found.edges[-1]) == (min(there), max(there))


def test_values_in_units_that_fit_are_in_one(world: World, catalog: Catalog) -> None:
    def add(change: object) -> None:
        for number, tree in enumerate(({"Dose (nA)": 5.0}, {"Dose (nA)": 7.0}, {"Dose (nA)": "0.0065 µA"})):
            one = dataset(f"Titan_TEM/dose{number}.dm3")
            change.put(one, action="read")  # type: ignore[attr-defined]
            change.put_extraction(one.id, Extraction("dm3", "x", "1", metadata=tree))  # type: ignore[attr-defined]

    catalog.write(add, by=SYSTEM)
    found = catalog.view(STAFF).histogram("dose", field="Dose_(nA)", bins=2)
    assert (found.unit, found.counts) == ("nA", (1, 2))
    assert found.edges == pytest.approx((5, 6, 7))


def test_bins_grow_where_values_span_decades() -> None:
    edges, counts, is_log = binned(np.array([1.0, 10.0, 100.0, 1000.0]), 3)
    assert (is_log, counts) == (True, (1, 1, 2))
    assert edges == pytest.approx((1, 10, 100, 1000))
    assert binned(np.array([5.0, 5.0]), 3) == ((5.0, 5.0), (2,), False)
    assert binned(np.array([]), 3) == ((), (), False)


Ask = Callable[[World], object]


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda w: w.catalog.view(STAFF).histogram("", field="format"), "has no numbers"),
        (lambda w: w.catalog.view(STAFF).histogram("", field="detector"), "has no numbers"),
        (lambda w: w.catalog.view(STAFF).histogram("", bins=0), "bins must be"),
        (lambda w: w.catalog.view(STAFF).histogram("", field="voltag"), "There is no field"),
        (lambda w: w.catalog.view(BOB).histogram("", field="Microscope_Info.Voltage"), "There is no field"),
    ],
)
def test_what_cannot_be_counted_is_said(world: World, ask: Ask, says: str) -> None:
    with pytest.raises((Invalid, BadQuery)) as caught:
        ask(world)
    assert says in caught.value.message
