"""What the facility and people know better than the files of tests/harvest/conftest.py's Titan."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lims.harvest import corrected_by_person
from lims.harvest.correcting import known_better
from lims.model import SYSTEM, Correction, Dataset, Instrument, OtherValue, Value
from tests.harvest.conftest import Lab

AT = datetime(2018, 11, 13, 18, tzinfo=UTC)
SAID = {
    "operator": Value("supervisor", "", "Microscope Info.Operator", "supervisor"),
    "acceleration_voltage": Value(200e3, "V", "Microscope Info.Voltage", "200000 V"),
    "camera_length": Value(
        0.1, "m", "Info.Indicated", "100 mm",
        note="asked first", others=(OtherValue(0.11, "m", "Info.Actual", "110 mm"),),
    ),
}
ROW = Dataset("dat-1", "raw", "raw", "a.dm3", 1, AT, normalised=SAID)


def titan(*corrections: Correction) -> Instrument:
    return Instrument("titan", "Titan", "UTC", (), corrections=corrections)


def corrected(*corrections: Correction, row: Dataset = ROW) -> dict[str, Value]:
    return known_better(row, {}, titan(*corrections)).normalised


def test_a_factor_is_applied_and_what_the_file_said_stays_beside_it() -> None:
    value = corrected(Correction("camera_length", "gold", factor=1.05))["camera_length"]
    assert value.value == pytest.approx(0.105)
    assert (value.origin, value.source, value.note) == ("facility", "facility.toml", "gold")
    assert [one.value for one in value.others] == [0.1, 0.11]


def test_a_value_without_trust_stays_and_says_why() -> None:
    value = corrected(Correction("operator", "a shared login", is_trusted=False))["operator"]
    assert (value.value, value.is_trusted, value.note) == ("supervisor", False, "not to be trusted: a shared login")


def test_where_one_place_is_not_trusted_another_of_the_file_speaks() -> None:
    value = corrected(Correction("camera_length", "it is the nominal one", is_trusted=False, source="*.Indicated"))
    assert value["camera_length"].value == 0.11
    assert value["camera_length"].source == "Info.Actual"
    assert value["camera_length"].is_trusted
    assert value["camera_length"].others == (SAID["camera_length"].plain,)


def test_a_correction_holds_for_files_of_its_time_and_for_its_place_only() -> None:
    later = Correction("camera_length", "new detector", factor=2, valid_from=AT + timedelta(days=1))
    elsewhere = Correction("camera_length", "other tag", factor=2, source="*.Actual")
    assert corrected(later, elsewhere)["camera_length"] == SAID["camera_length"]


def test_two_corrections_of_one_field_hold_for_the_places_that_they_name() -> None:
    elsewhere = Correction("camera_length", "the other tag", factor=3, source="*.Actual")
    here = Correction("camera_length", "this tag", factor=2, source="*.Indicated")
    assert corrected(elsewhere, here)["camera_length"].value == pytest.approx(0.2)
    assert corrected(here, elsewhere)["camera_length"].value == pytest.approx(0.2)
    assert corrected(here, here)["camera_length"].value == pytest.approx(0.4)


def test_a_facility_may_say_what_the_file_does_not() -> None:
    value = corrected(Correction("instrument_name", "its serial", value="Titan 9012"))["instrument_name"]
    assert (value.value, value.origin, value.others) == ("Titan 9012", "facility", ())


def test_a_person_goes_before_the_facility_and_withdrawing_brings_that_back() -> None:
    by_facility = known_better(ROW, {}, titan(Correction("camera_length", "gold", factor=1.05)))
    by_ada = corrected_by_person(by_facility, "camera_length", Value(0.2, "m", text="20 cm"), "ada", "a ruler")
    said = by_ada.normalised["camera_length"]
    assert (said.value, said.origin, said.source, said.note) == (0.2, "person", "ada", "a ruler")
    assert [one.value for one in said.others] == [pytest.approx(0.105), 0.1, 0.11]
    again = corrected_by_person(by_ada, "camera_length", Value(0.3, "m"), "bob", "")
    assert [one.value for one in again.normalised["camera_length"].others] == [pytest.approx(0.105), 0.1, 0.11]
    gold = titan(Correction("camera_length", "gold", factor=1.05))
    back = corrected_by_person(again, "camera_length", None, "bob", "", gold).normalised
    assert back["camera_length"] == by_facility.normalised["camera_length"]
    assert corrected_by_person(by_ada, "title", None, "ada", "").normalised == by_ada.normalised


@pytest.mark.parametrize("correction", [
    Correction("operator", "a shared login", is_trusted=False),
    Correction("camera_length", "it is the nominal one", is_trusted=False, source="*.Indicated"),
    Correction("camera_length", "gold", factor=1.05, offset=1e-3),
    Correction("instrument_name", "its serial", value="Titan 9012"),
])  # fmt: skip
def test_what_is_withdrawn_leaves_everything_as_the_reading_had_left_it(correction: Correction) -> None:
    read = known_better(ROW, {}, titan(correction))
    better = corrected_by_person(read, correction.field, Value("x"), "ada", "", titan(correction))
    back = corrected_by_person(better, correction.field, None, "ada", "", titan(correction)).normalised
    said, now = read.normalised[correction.field], back[correction.field]
    assert (now.value, now.source, now.origin, now.is_trusted, now.others) == (
        said.value, said.source, said.origin, said.is_trusted, said.others
    )


def test_reading_again_takes_no_persons_word_away(lab: Lab, sample_data: Path) -> None:
    picture = sample_data / "vendor" / "dm3" / "test_STEM_image.dm3"
    lab.session()
    lab.put("Titan_TEM/a.dm3", picture)
    lab.harvest(all=True)
    one = lab.datasets()["a.dm3"]
    better = corrected_by_person(one, "acceleration_voltage", Value(80e3, "V", text="80 kV"), "ada", "read off")
    lab.catalog.write(lambda change: change.put(better, action="dataset.correct"), by=SYSTEM)
    lab.put("Titan_TEM/a.dm3", picture.read_bytes() + b"\0")  # as an instrument that writes it once more
    lab.harvest(all=True)
    again = lab.datasets()["a.dm3"]
    assert again.sha256 != one.sha256
    assert again.normalised["acceleration_voltage"].value == 80e3
    assert again.normalised["acceleration_voltage"].others[0].value == 200e3


def test_a_file_that_can_no_longer_be_read_keeps_a_persons_word(lab: Lab, sample_data: Path) -> None:
    picture = sample_data / "vendor" / "dm3" / "test_STEM_image.dm3"
    lab.put("Titan_TEM/a.dm3", picture)
    lab.harvest(all=True)
    better = corrected_by_person(lab.datasets()["a.dm3"], "title", Value("Carbon film"), "ada", "")
    lab.catalog.write(lambda change: change.put(better, action="dataset.correct"), by=SYSTEM)
    lab.put("Titan_TEM/a.dm3", picture.read_bytes()[:2000])
    lab.harvest(all=True)
    now = lab.datasets()["a.dm3"]
    assert now.status == "failed"
    assert {name: value.value for name, value in now.normalised.items()} == {"title": "Carbon film"}


def test_a_file_that_somebody_corrected_stays_known_when_it_becomes_part_of_another(lab: Lab) -> None:
    lab.put("Titan_TEM/a_1.ser", "no series")
    lab.put("Titan_TEM/a_2.ser", "none either")
    lab.harvest(all=True)
    better = corrected_by_person(lab.datasets()["a_2.ser"], "title", Value("Carbon film"), "ada", "")
    lab.catalog.write(lambda change: change.put(better, action="dataset.correct"), by=SYSTEM)
    lab.put("Titan_TEM/a.emi", "no sheet")
    lab.harvest(all=True)
    assert lab.datasets()["a.emi"].companions == ("Titan_TEM/a_1.ser", "Titan_TEM/a_2.ser")
    kept = lab.datasets()["a_2.ser"]
    assert (kept.status, kept.normalised["title"].value) == ("missing", "Carbon film")


def test_a_start_time_that_is_not_trusted_places_no_file(lab: Lab, sample_data: Path) -> None:
    ground = next(one for one in lab.harvester.tools.all_grounds if one.instrument.id == "titan")
    wrong = Correction("start_time", "its battery is empty", is_trusted=False)
    distrusting = replace(ground, instrument=replace(ground.instrument, corrections=(wrong,)))
    grounds = tuple(distrusting if one == ground else one for one in lab.harvester.tools.all_grounds)
    lab.harvester.tools.all_grounds = grounds
    picture = sample_data / "vendor" / "dm3" / "test_STEM_image.dm3"
    inner = datetime(2016, 8, 8, 15, 26, 37, tzinfo=UTC)
    lab.put("Titan_TEM/a.dm3", picture, inner + timedelta(minutes=5))
    lab.harvest(all=True)
    one = lab.datasets()["a.dm3"]
    assert (one.clock, one.acquired) == ("file", inner + timedelta(minutes=5))
