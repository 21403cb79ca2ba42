"""What HyperSpy says of every sample is among our normalised values, in SI; what differs is in a table with reasons."""

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import hyperspy.api as hs
import pytest

from lims.extractors.companions import Group, group_companions
from lims.extractors.normalise.quantities import UNITS, folded, to_si
from lims.extractors.normalise.vocabulary import UNKNOWN_WHEN_ZERO
from lims.extractors.rosetta import extractor
from lims.extractors.rosetta.formats import READERS
from lims.model import Extraction
from lims.model.vocabulary import is_text
from lims.plugins import NotMine, head_of
from tests.extractors.holding import is_same_clock

pytestmark = pytest.mark.filterwarnings("ignore")  # the readers' own

SAID: dict[str, tuple[str, str]] = {
    "General.authors": ("operator", ""),
    "Sample.elements": ("elements", ""),
    "Sample.name": ("sample_id", ""),
    "Sample.description": ("sample_id", ""),
    "beam_energy": ("acceleration_voltage", "keV"),
    "beam_current": ("beam_current", "nA"),
    "magnification": ("magnification", ""),
    "camera_length": ("camera_length", "mm"),
    "working_distance": ("working_distance", "mm"),
    "convergence_angle": ("convergence_semi_angle", "mrad"),
    "collection_angle": ("collection_semi_angle", "mrad"),
    "microscope": ("instrument_name", ""),
    "Stage.tilt_alpha": ("tilt_alpha", "deg"),
    "Stage.tilt_beta": ("tilt_beta", "deg"),
    "Stage.rotation": ("rotation", "deg"),
    "TEM.dwell_time": ("dwell_time", "s"),
    "SEM.dwell_time": ("dwell_time", "s"),
    "EELS.dwell_time": ("dwell_time", "s"),
    "Camera.exposure": ("exposure_time", "s"),
    "Camera.name": ("detector_name", ""),
    "Camera.Name": ("detector_name", ""),
    "Detector.model": ("detector_name", ""),
    "Detector.integration_time": ("exposure_time", "s"),
    "live_time": ("live_time", "s"),
    "real_time": ("real_time", "s"),
}
"""{the end of HyperSpy's path: (our field, HyperSpy's unit where it does not say one)}."""

OTHERWISE: dict[tuple[str, str], str] = {
    ("bcf", "sample_id"): "the name of a map, which Bruker gives by itself, is no sample",
    ("bcf", "tilt_alpha"): "HyperSpy has zero where the file has none",
    ("blo", "camera_length"): "HyperSpy's is in metres there",
    ("dm4", "dwell_time"): "HyperSpy gives the exposure of one energy loss frame, which is our exposure_time",
    ("dm4", "exposure_time"): "HyperSpy gives the dwell time of a serial spectrum, which is our dwell_time",
    ("dm4", "start_time"): "HyperSpy takes 09/11 beside 17:04 for September, and drops a serial spectrum's time",
    ("dm3", "instrument_name"): "HyperSpy takes the driver's name where the session names the microscope",
    ("emi", "exposure_time"): "HyperSpy gives a scan's dwell time, which is our dwell_time",
    ("jobinyvon", "exposure_time"): "HyperSpy multiplies with the accumulations",
    ("msa", "dwell_time"): "the standard prescribes milliseconds where a key has no unit",
    ("msa", "tilt_alpha"): "HyperSpy has zero where the file has none",
    ("protochips", "operator"): "'Enter User Name' is nobody",
    ("spx", "tilt_alpha"): "HyperSpy has zero where the file has none",
    ("tiff", "rotation"): "HyperSpy leaves FEI's radians as they are",
    ("topspin", "start_time"): "HyperSpy says when the file was made, we when the scan began",
}
SLOW = (
    "View000_0000006.pts",
    "Elid2Version1.elid",
    "Elid2Version4.elid",
    "bcf_v2_50x50px.bcf",
    "Test SI 16x16 215 kx.emd",
)
NOT_READ = (ValueError, LookupError, OSError, NotImplementedError, NotMine, TypeError, AttributeError, AssertionError)
"""What neither can read is no part of this."""
ROUNDED_RAD = 1e-5
"""HyperSpy rounds Velox' tilts to a thousandth of a degree."""
MOST = 6
"""Files of one format."""


def samples(folder: Path) -> Iterator[tuple[Path, list[Path]]]:
    """(file, its companions) of every format that RosettaSciIO reads and HyperSpy loads by itself."""
    for home in sorted(path for path in (folder / "vendor").rglob("*") if path.is_dir() and ".zspy" not in str(path)):
        names = [path.name for path in home.iterdir() if path.is_file()]
        for group in group_companions(names):
            path = home / group.main
            if path.name not in SLOW and path.is_file() and extractor.sniff(head_of(path), path.name):
                yield path, [home / name for name in Group(group.main, group.companions).companions]


@pytest.fixture(scope="module")
def beside(sample_data: Path) -> list[tuple[Path, Extraction, list[dict[str, Any]]]]:
    """Each file with our extraction, and with HyperSpy's metadata of each of its signals."""
    found = []
    count: dict[str, int] = defaultdict(int)
    for path, companions in samples(sample_data):
        try:
            ours = extractor.extract(path, companions)
        except NOT_READ:
            continue
        count[ours.format] += 1
        if count[ours.format] > MOST:
            continue
        try:
            loaded = hs.load(str(path), reader=READERS[ours.format], lazy=ours.format not in NOT_LAZY)
        except NOT_READ:
            continue
        signals = loaded if isinstance(loaded, list) else [loaded]
        found.append((path, ours, [signal.metadata.as_dictionary() for signal in signals]))
    return found


NOT_LAZY = ("jeol-asw", "spc", "wdf", "tvf", "jobinyvon", "sur", "msa", "quadstar", "protochips", "impulse", "dens")


def test_enough_was_compared(beside: Any) -> None:
    assert len({ours.format for _, ours, _ in beside}) >= 24
    assert sum(len(list(leaves(said))) for _, _, signals in beside for said in signals) > 1500


def test_what_hyperspy_says_we_say_too(beside: Any) -> None:
    wrong = []
    for path, ours, signals in beside:
        for field, values in said_of(signals).items():
            value = ours.normalised.get(field)
            if (ours.format, field) in OTHERWISE:
                continue
            if value is None:
                wrong.append(f"{path.name}: {field} is missing, HyperSpy has {values}")
            elif not any(is_same(field, value.value, theirs) for theirs in values):
                wrong.append(f"{path.name}: {field} is {value.value}, HyperSpy has {values}")
    assert wrong == []


def test_what_is_said_otherwise_is_really_so(beside: Any) -> None:
    """A row of the table that no file needs any more is taken out."""
    needed = set()
    for _, ours, signals in beside:
        for field, values in said_of(signals).items():
            value = ours.normalised.get(field)
            if value is None or not any(is_same(field, value.value, theirs) for theirs in values):
                needed.add((ours.format, field))
    assert needed == set(OTHERWISE)


def test_every_source_leads_into_the_tree_also_of_what_contradicts(beside: Any) -> None:
    places = [
        (path.name, field, ours, source)
        for path, ours, _ in beside
        for field, value in ours.normalised.items()
        for source in (value.source, *(other.source for other in value.others))
    ]
    lost = [
        (name, field, source)
        for name, field, ours, source in places
        if not of_array(source) and not leads(ours.metadata, source)
    ]
    assert lost == []
    from_readers = sum(source.startswith("reader: ") for *_, source in places)
    assert from_readers < 0.1 * len(places)  # titles, mostly, which RosettaSciIO makes itself


def of_array(source: str) -> bool:
    """What the array or the reader says, and no tree."""
    return re.match(r"reader: |signals\.\d+\.(axes|shape|dtype|signal_type)", source) is not None


def leads(tree: Any, source: str) -> bool:
    """Keys may have dots of their own."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return source == "" or any(
        source == str(key) or (source.startswith(f"{key}.") and leads(below, source[len(str(key)) + 1 :]))
        for key, below in items
    )


def said_of(signals: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """{field: HyperSpy's values in SI}, each signal's; nothing for zero, blank and unknown."""
    found: dict[str, list[Any]] = defaultdict(list)
    for said in signals:
        flat = dict(leaves(said))
        for path, value in flat.items():
            ending = next((end for end in SAID if path.endswith(end)), None)
            if ending is None or path.startswith("Acquisition_instrument.Laser"):
                continue
            field, unit = SAID[ending]
            held = in_si(field, value, str(flat.get(f"{path}_units") or unit))
            if held is not None:
                found[field].append(held)
        if flat.get("General.date"):
            found["start_time"].append(moment(f"{flat['General.date']}T{flat.get('General.time') or '00:00:00'}"))
    return found


def in_si(field: str, value: Any, unit: str) -> Any:
    value = value.item() if hasattr(value, "item") else value
    if is_text(field):
        return value if value not in ("", None, [], "None") else None
    words = {"kv": "kV", "dg": "deg", "mr": "mrad"}.get(unit.lower(), unit)
    found = to_si(value, words if folded(words) in UNITS else "")
    return None if found is None or (found[0] <= 0 and field in UNKNOWN_WHEN_ZERO) else found[0]


def moment(text: str) -> datetime:
    day_first = re.sub(r"^(\d\d)[.-](\d\d)[.-](\d{4})T", r"\3-\2-\1T", text)  # as RosettaSciIO leaves some
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", day_first))


def is_same(field: str, ours: Any, theirs: Any) -> bool:
    if field == "start_time":
        return is_same_clock(datetime.fromisoformat(ours).replace(tzinfo=None), theirs.replace(tzinfo=None))
    if isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-3, abs_tol=ROUNDED_RAD if field.startswith("tilt") else 1e-12)
    return str(ours).split() == str(theirs).split()


def leaves(tree: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value
