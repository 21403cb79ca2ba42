"""The examples of the page about the query language, asked of a small facility: each finds what the page says."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lims.catalog import Catalog, Transaction
from lims.model import (
    SYSTEM,
    Dataset,
    Extraction,
    Instrument,
    Record,
    Relation,
    Sample,
    Session,
    Source,
    Value,
    new_id,
    record_id_of,
)

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "query.md"
EXAMPLE = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)
THEN, LATELY = datetime(2018, 11, 13, 18, tzinfo=UTC), datetime.now(UTC) - timedelta(seconds=1)

STEEL, SURVEY, SLICE, NEW, FFT, BROKEN = "Fe-17_4PH_003.dm3", "survey.tif", "slice.tif", "now.emd", "fft.hspy", "x.dm3"
ADAS, BOBS = {STEEL, SURVEY}, {SLICE}
EXPECTED: dict[str, set[str]] = {
    "grain steel": ADAS,
    '"grain boundaries"': ADAS,
    "gra": ADAS,
    "Fe-17": {STEEL},
    "haadf OR eels": {STEEL, SLICE},
    "steel -haadf": {SURVEY, NEW},
    "(haadf OR eels) -steel": {SLICE},
    "lifepo4": BOBS,
    "angstrom": BOBS,
    '"OR"': {NEW},
    "instrument:titan": {*ADAS, NEW},
    "user:ada project:AM-12": ADAS,
    "people:bob": ADAS,
    'sample:"steel 7"': ADAS,
    "format:(dm3 OR tif)": {STEEL, SURVEY, SLICE, BROKEN},
    "-format:tif": {STEEL, NEW, FFT, BROKEN},
    "name:Fe*dm3": {STEEL},
    "title:=steel": {NEW},
    "tag:for-paper": {SURVEY},
    "bytes:>1MB": {SURVEY},
    "voltage:200kV": {STEEL},
    "voltage:>=200kV": {STEEL, NEW},
    "fov:1um..2um": {STEEL},
    "fov:1..2um": {STEEL},
    "voltage:..100kV": {SLICE},
    "detector:haadf": {STEEL},
    "Microscope_Info.Voltage:>2e5": {NEW},
    '"Probe Current (nA)":>100pA': {STEEL},
    "Optics.*:>4": {STEEL},
    "Microscope_Info.Name:titan": {STEEL, NEW},
    "has:Optics.Spot_size": {STEEL},
    "during:2018": {*ADAS, SLICE, FFT, BROKEN},
    "during:2018-11": {*ADAS, FFT, BROKEN},
    "during:2018-11-13": {*ADAS, BROKEN},
    "after:2018-11-13T17:30": {*ADAS, SLICE, FFT, NEW, BROKEN},
    "after:7d": {NEW},
    'after:"last monday"': {NEW},
    'during:"this week"': {NEW},
    "during:yesterday": set(),
    "date:2018-11-01..2018-11-20": {*ADAS, FFT, BROKEN},
    "has:tag": {SURVEY},
    "has:voltage": {STEEL, SLICE, NEW},
    "has:notes -has:sample": BOBS,
    "is:derived has:parents": {FFT},
    "is:failed": {BROKEN},
}


def file(name: str, at: datetime, session: Session | None = None, **more: object) -> Dataset:
    said = {"format": name.rpartition(".")[2], "status": "extracted", **more}
    size = 2_000_000 if name == SURVEY else 5_000
    instrument = session.instrument if session else None
    key = f"{instrument}/{name}"
    return Dataset(  # type: ignore[arg-type]
        new_id("dataset"), "raw", "raw", key, size, at, session=session and session.id, instrument=instrument,
        **said,  # type: ignore[arg-type]
    )  # fmt: skip


def place(change: Transaction) -> None:
    adas = Session(
        new_id("session"), "titan", "ada", "ada", THEN, title="Grain boundaries in 17-4PH steel", people=("bob",),
        project="AM-12", sample="st7", notes="beam unstable", end=THEN + timedelta(hours=3), state="ended",
    )  # fmt: skip
    bobs = Session(
        new_id("session"), "fib", "bob", "bob", THEN + timedelta(days=30), title="LiFePO₄ cathode",
        notes="of Ångström size", end=THEN + timedelta(days=30, hours=1), state="ended",
    )  # fmt: skip
    now = Session(new_id("session"), "titan", "eve", "eve", LATELY, title="steel")
    things = [Instrument("titan", "Titan TEM", "UTC", (Source("raw", "titan/"),)), Sample("st7", "steel 7")]
    change.put_all([*things, Instrument("fib", "Helios", "UTC", (Source("raw", "fib/"),))], action="set up")
    for one in (adas, bobs, now):
        change.put_all([one, Record(record_id_of(one.id), one.id, "complete", one.title)], action="log")
    said = {"acceleration_voltage": Value(2e5, "V"), "field_of_view_x": Value(1.5e-6, "m")}
    steel = file(STEEL, THEN, adas, normalised={**said, "detector_name": Value("HAADF")})
    survey = file(SURVEY, THEN, adas)
    part = file(SLICE, THEN + timedelta(days=30), bobs, normalised={"acceleration_voltage": Value(3e4, "V")})
    new = file(NEW, LATELY, now, normalised={"acceleration_voltage": Value(3e5, "V")})
    fft = Dataset(
        new_id("dataset"), "derived", "derived", f"eve/{FFT}", 50, THEN + timedelta(days=2), owner="eve",
        format="hspy", status="extracted",
    )  # fmt: skip
    broken = file(BROKEN, THEN, status="failed")
    change.put_all([steel, survey, part, new, fft, broken], action="read")
    change.put(Relation(new_id("relation"), fft.id, steel.id, "fft"), action="relate")
    change.tag(survey.id, "for-paper")
    trees = {
        steel.id: {"Microscope Info": {"Probe Current (nA)": 0.2, "Voltage": 2e5, "Name": "Titan"},
                   "Optics": {"Spot size": 5}},
        part.id: {"Mode": "EELS", "Optics": {"Gun lens": 3}},
        new.id: {"Microscope Info": {"Voltage": 3e5, "Name": "Titan"}, "Comment": "either OR neither"},
    }  # fmt: skip
    for one, tree in trees.items():
        change.put_extraction(one, Extraction("dm3", "test", "1", metadata=tree))


def test_each_example_of_the_page_finds_what_it_says(catalog: Catalog) -> None:
    catalog.write(place, by=SYSTEM)
    view = catalog.view(SYSTEM)
    found = {query: {hit.name for hit in view.search(query, kind="dataset").items} for query in EXPECTED}
    assert found == EXPECTED


def test_every_example_of_the_page_is_asked() -> None:
    page = PAGE.read_text(encoding="utf-8")
    examples = [one for one in EXAMPLE.findall(page) if not one.startswith(("is:raw", "is:missing", "is:blank"))]
    assert set(examples) - set(EXPECTED) == {"is:orphan"}
    assert set(EXPECTED) - set(examples) == set()


@pytest.mark.parametrize("query", ["during:nov 2018", 'during:"nov 2018"', 'during:"13 november 2018"'])
def test_times_in_words_are_understood(catalog: Catalog, query: str) -> None:
    assert catalog.view(SYSTEM).search(query).total == 0
