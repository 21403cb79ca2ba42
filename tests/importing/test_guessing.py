from dataclasses import replace

import pytest

from lims.importing import instrument_of
from lims.model import Instrument, Value

TITAN = Instrument("titan", "Titan TEM", "UTC", ())
QUANTA = Instrument("sem-2", "Quanta 600 SEM", "UTC", ())
JEM = Instrument("jem2100f", "JEOL JEM-2100F", "UTC", ())
ALL = [TITAN, QUANTA, JEM, Instrument("tem", "TEM", "UTC", ())]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Titan TEM", TITAN),
        ("titan", TITAN),
        ("FEI Titan", TITAN),
        ("Quanta 600", QUANTA),
        ("FEI Quanta-600 (SEM)", QUANTA),
        ("JEM-2100F", JEM),
        ("JEOL JEM-2100F", JEM),
        ("jem 2100f", JEM),
        ("Titan Krios", None),  # another model
        ("Quanta 200", None),
        ("JEM-2100", None),
        ("FEI", None),  # a maker of many
        ("SEM", None),
        ("", None),
        ("---", None),
    ],
)
def test_only_what_can_be_meant_alone_is_meant(said: str, meant: Instrument | None) -> None:
    assert instrument_of({"instrument_name": Value(said)}, ALL) == meant


def test_where_two_could_be_meant_it_is_neither() -> None:
    two = [TITAN, replace(TITAN, id="titan2", name="Titan")]
    assert instrument_of({"instrument_name": Value("FEI Titan")}, two) is None
    assert instrument_of({"instrument_name": Value("Titan TEM")}, two) == TITAN


def test_name_and_model_must_not_disagree() -> None:
    assert instrument_of({"instrument_name": Value("Titan"), "instrument_model": Value("Quanta 600")}, ALL) is None
    assert instrument_of({"instrument_name": Value("our big one"), "instrument_model": Value("Titan")}, ALL) == TITAN


def test_what_is_not_to_be_trusted_names_nothing() -> None:
    assert instrument_of({"instrument_name": Value("Titan", is_trusted=False)}, ALL) is None
