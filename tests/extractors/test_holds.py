"""What a file holds, by another reader than ours, is among its normalised values."""

import math
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from lims.model import Extraction
from tests.extractors import vendor_bytes
from tests.extractors.holding import holdings, is_same_clock
from tests.extractors.test_rosetta import extract
from tests.extractors.vendor_bytes import Leaf

ROUNDING = 1e-3
"""Vendors show four digits of what they store elsewhere."""


def with_ser(path: Path) -> list[Leaf]:
    """Of the objects whose .ser is there; an .emi describes also those that were not copied with it."""
    series = sorted(path.parent.glob(f"{path.stem}_[0-9]*.ser"))
    present = [str(int(one.stem.rpartition("_")[2]) - 1) for one in series]
    described = [leaf for leaf in vendor_bytes.emi(path) if leaf[0][0] in present]
    return described + [leaf for one in series for leaf in vendor_bytes.ser(one)]


def dm(path: Path) -> list[Leaf]:
    return vendor_bytes.with_pixel_sizes(vendor_bytes.dm(path))


READERS = {
    "*.dm3": dm,
    "*.dm4": dm,
    "*.emi": with_ser,
    "FEI*.tif": vendor_bytes.fei,
    "*Zeiss_SEM*.tif": vendor_bytes.zeiss,
    "emd_velox/*.emd": vendor_bytes.velox,
}
ENOUGH = {"*.dm3": 20, "*.dm4": 9, "*.emi": 12, "FEI*.tif": 3, "*Zeiss_SEM*.tif": 1, "emd_velox/*.emd": 10}


@pytest.mark.parametrize("pattern", READERS)
def test_what_another_reader_finds_is_in_the_vocabulary(sample_data: Path, pattern: str) -> None:
    files = sorted(sample_data.rglob(pattern))
    assert len(files) >= ENOUGH[pattern]
    missed = [f"{path.name}: {words}" for path in files for words in misses(READERS[pattern](path), extract(path))]
    assert missed == []


def misses(leaves: Sequence[Leaf], found: Extraction) -> Iterator[str]:
    """What is held and not said, or said otherwise than at any of its places."""
    held = holdings(leaves)
    lengths = held.get("camera_length", {})
    if "magnification" in held and "magnification" not in found.normalised:
        # in diffraction the magnification is a camera length in millimetres
        lengths |= {where: mag / 1000 for where, mag in held.pop("magnification").items()}
        held["camera_length"] = lengths
    for field, places in held.items():
        name = "pixel_size_x" if field == "pixel_size" else field
        value = found.normalised.get(name)
        if value is None:
            yield f"{name} is held and not said: {places}"
        elif not any(is_same(field, value.value, what) for what in places.values()):
            yield f"{name} is {value.value} and not one of {places}"


def is_same(field: str, ours: Any, theirs: Any) -> bool:
    if field == "start_time":
        moment = datetime.fromisoformat(ours).replace(tzinfo=None)
        return any(is_same_clock(moment, other) for other in theirs)
    if isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=ROUNDING)
    return re.sub(r"\s+", " ", str(ours)) == re.sub(r"\s+", " ", str(theirs))


def test_the_search_finds_what_is_there_and_leaves_what_is_not() -> None:
    leaves: list[Leaf] = [
        (("Beam", "HV"), "5000"),
        (("Gun", "Extractor Voltage"), "4000"),
        (("User", "Operator"), "DO NOT EDIT"),
        (("Image", "Mag"), "50.00 K X"),
        (("User", "Date"), "06/13/2016"),
        (("User", "Time"), "05:06:40 PM"),
        (("Detectors", "Name"), ""),
    ]
    found = holdings(leaves)
    assert found["acceleration_voltage"] == {"Beam/HV": 5000.0}
    assert found["magnification"] == {"Image/Mag": 50_000.0}
    assert found["start_time"] == {"User/Date": {datetime(2016, 6, 13, 17, 6, 40)}}
    assert set(found) == {"acceleration_voltage", "magnification", "start_time"}
