"""The vendors' own tags in TIFF files. Which vendor it is, the tags say; the trees are made in rosetta/tiff_tags.py."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from lims.extractors.normalise.disagreement import chosen
from lims.extractors.normalise.rules import Rule, apply
from lims.extractors.normalise.times import day_first, from_epoch_ms, from_iso, from_words, month_first, plausible
from lims.extractors.normalise.vendors.digitalmicrograph import in_tiff
from lims.extractors.normalise.vendors.jeol import sem_text, sightx
from lims.extractors.normalise.vendors.tescan import TESCAN
from lims.extractors.normalise.vendors.thermo import thermo
from lims.extractors.normalise.vendors.zeiss import FIBICS, ORION, ZEISS
from lims.model import Value


def packed_date(date: int, seconds: int) -> str | None:
    """TVIPS counts year, month and day in one number's 16, 8 and 8 bits, and seconds since midnight."""
    midnight = datetime(date >> 16, date >> 8 & 0xFF, date & 0xFF)
    return plausible(midnight + timedelta(seconds=seconds))


TVIPS = (
    Rule("title", "TVIPS/ImageName"),
    Rule("start_time", "TVIPS/Date", read=packed_date, beside="Time"),
    Rule("acceleration_voltage", "TVIPS/TemHighTension", "V"),
    Rule("magnification", "TVIPS/TemMagnification"),
    Rule("instrument_name", "TVIPS/TemType"),
    Rule("detector_name", "TVIPS/CameraType"),
    Rule("exposure_time", "TVIPS/ExposureTime", "ms"),
    *(Rule(f"stage_{axis}", f"TVIPS/TemStagePosition/{place}", "m") for place, axis in enumerate("xyz")),
    Rule("tilt_alpha", "TVIPS/TemStagePosition/3", "deg"),
    Rule("tilt_beta", "TVIPS/TemStagePosition/4", "deg"),
)

OLYMPUS = (
    Rule("start_time", "DateTime", read=from_words),
    Rule("start_time", "Olympus_SIS_metadata/datetime", read=from_iso, is_fallback=True),  # to the minute
    Rule("magnification", "*/magnification"),
    Rule("detector_name", "*/cameraname"),
    Rule("pixel_size_x", "*/pixelsizex", "m"),
    Rule("pixel_size_y", "*/pixelsizey", "m"),
)


OF_HITACHI = "hitachi/SemImageFile/"
HITACHI = (
    Rule("title", OF_HITACHI + "DataDisplayCombine"),
    Rule("title", OF_HITACHI + "ImageName", is_fallback=True),
    Rule("sample_id", OF_HITACHI + "SampleName"),
    Rule("start_time", OF_HITACHI + "Date", read=month_first, beside="Time"),
    Rule("instrument_name", OF_HITACHI + "InstructName"),
    Rule("instrument_model", OF_HITACHI + "InstrumentModel"),
    Rule("operation_mode", OF_HITACHI + "LensMode"),
    Rule("detector_name", OF_HITACHI + "SignalName"),
    Rule("acceleration_voltage", OF_HITACHI + "AcceleratingVoltage", "V"),
    Rule("emission_current", OF_HITACHI + "EmissionCurrent", "nA"),
    Rule("magnification", OF_HITACHI + "Magnification"),
    Rule("working_distance", OF_HITACHI + "WorkingDistance", "µm"),
    Rule("pixel_size_x", OF_HITACHI + "PixelSize", "nm"),
    Rule("pixel_size_y", OF_HITACHI + "PixelSize", "nm"),
    Rule("stage_x", OF_HITACHI + "StagePositionX", "nm"),
    Rule("stage_y", OF_HITACHI + "StagePositionY", "nm"),
    Rule("stage_z", OF_HITACHI + "StagePositionZ", "nm"),
)

OF_HAMAMATSU = "ImageDescriptionParsed/"
HAMAMATSU = (
    Rule("start_time", OF_HAMAMATSU + "Application/Date", read=day_first, beside="Time"),
    Rule("detector_name", OF_HAMAMATSU + "Camera/CameraName"),
    Rule("exposure_time", OF_HAMAMATSU + "Acquisition/ExposureTime", "s"),
)


def own_name(text: str) -> str | None:
    """Hamamatsu writes its copyright where TIFF has the artist."""
    return None if text.startswith("Copyright") else text


def ratio(pair: Any) -> float:
    return float(pair[0] / pair[1])




def line(key: str) -> Callable[[str], str | None]:
    """ImageJ writes the tags of a DigitalMicrograph file as lines; there is no nesting to follow."""
    wanted = re.compile(rf"^root\.ImageList\.\d+\.ImageTags\.{re.escape(key)} = (.*)$", re.MULTILINE)

    def read(text: str) -> str | None:
        found = wanted.search(text)
        return found[1].strip() if found else None

    return read


def magnified(text: str) -> str | None:
    """In diffraction it is a camera length."""
    is_pattern = "DIFFRACTION" in (line("Microscope Info.Imaging Mode")(text) or "")
    return None if is_pattern else line("Microscope Info.Indicated Magnification")(text)


IMAGEJ = (
    Rule(
        "start_time",
        "IJMetadata/Info",
        read=lambda text: from_epoch_ms(line("Acquisition.Frame.Sequence.Acquisition Start Time (epoch)")(text)),
    ),
    Rule("magnification", "IJMetadata/Info", read=magnified),
    *(
        Rule(field, "IJMetadata/Info", unit, line(key))
        for field, key, unit in (
            ("operator", "Session Info.Operator", ""),
            ("sample_id", "Session Info.Specimen", ""),
            ("instrument_name", "Session Info.Microscope", ""),
            ("acceleration_voltage", "Microscope Info.Voltage", "V"),
            ("detector_name", "DataBar.Device Name", ""),
            ("exposure_time", "DataBar.Exposure Time (s)", "s"),
        )
    ),
)
ANY = (
    Rule("start_time", "DateTime", read=from_words),
    Rule("operator", "Artist", read=own_name),
    Rule("instrument_vendor", "Make"),
    Rule("instrument_model", "Model"),
    Rule("exposure_time", "ExifTag/ExposureTime", "s", ratio),
)
"""What TIFF itself has a tag for."""

WRITTEN = "the vendor's own clock; TIFF's DateTime is when the file was written"
VENDORS = (
    ("FibicsXML", "Fibics", FIBICS),
    ("65000", "Carl Zeiss", ORION),
    ("CZ_SEM", "Carl Zeiss", ZEISS),
    ("tescan", "TESCAN", TESCAN),
    ("hitachi", "Hitachi", HITACHI),
    ("TVIPS", "TVIPS", TVIPS),
    ("Olympus_SIS_metadata", "Olympus", OLYMPUS),
)
"""(key in the tree, vendor, its rules)."""


def tiff(tree: dict[str, Any]) -> dict[str, Value]:
    found = apply(ANY, tree)
    for key, vendor, rules in VENDORS:
        if isinstance(tree.get(key), dict):
            found = {"instrument_vendor": Value(vendor, "", key, "")} | with_tags(found, apply(rules, tree))
    notes, camera = tree.get("ImageDescription"), tree.get("ImageDescriptionParsed")
    if isinstance(tree.get("fei_metadata"), dict):
        found = with_tags(found, thermo(tree))
    if isinstance(notes, dict) and "ElectronGun" in notes:
        found = with_tags(found, sightx(tree))
    if isinstance(tree.get("jeol"), dict):
        found = with_tags(found, sem_text(tree))
    if isinstance(tree.get("DigitalMicrograph"), dict):
        found = with_tags(found, in_tiff(tree))
    if isinstance(tree.get("IJMetadata"), dict):
        found = with_tags(found, apply(IMAGEJ, tree))
    if isinstance(camera, dict) and "Streak camera" in camera:
        found = {"instrument_vendor": Value("Hamamatsu", "", "ImageDescriptionParsed", "")} | found
        found = with_tags(found, apply(HAMAMATSU, tree))
    return found


def with_tags(found: dict[str, Value], said: dict[str, Value]) -> dict[str, Value]:
    """The vendor's own tags go before TIFF's. Of its clock TIFF says when the file was written, which is kept."""
    clocks = [values["start_time"] for values in (said, found) if "start_time" in values]
    start = {"start_time": chosen("start_time", clocks, WRITTEN)} if clocks else {}
    return found | said | start
