"""Zeiss CZI, Leica LIF, Nikon ND2 and Olympus OIF/OIB."""

import re
from typing import Any

from lims.extractors.normalise.rules import Rule, apply
from lims.extractors.normalise.times import from_epoch, from_filetime, from_iso
from lims.model import Value

INFORMATION = "ImageDocument/Metadata/Information/"
IMAGE, INSTRUMENT = INFORMATION + "Image/", INFORMATION + "Instrument/"
FIRST = "Dimensions/Channels/Channel/"


def each(field: str, path: str, unit: str = "", read: Any = None) -> tuple[Rule, ...]:
    """A rule for what stands in one node or, as the first of several, in a list of them."""
    head, _, leaf = path.rpartition("/")
    return Rule(field, path, unit, read), Rule(field, f"{head}/0/{leaf}", unit, read)


def corner(part: int) -> Any:
    """CenterPosition is "x,y" in µm."""
    return lambda text: str(text).split(",")[part]


CZI = (
    Rule("title", INFORMATION + "Document/Title"),
    Rule("title", INFORMATION + "Document/Name"),
    Rule("start_time", IMAGE + "AcquisitionDateAndTime", read=from_iso),
    Rule("start_time", INFORMATION + "Document/CreationDate", read=from_iso, is_fallback=True),
    Rule("operator", INFORMATION + "User/DisplayName"),
    Rule("operator", INFORMATION + "Document/UserName"),
    *each("instrument_name", INSTRUMENT + "Microscopes/Microscope/@Name"),
    *each("instrument_name", INSTRUMENT + "Microscopes/Microscope/System"),
    *each("instrument_model", INSTRUMENT + "Microscopes/Microscope/System"),
    *each("instrument_model", INSTRUMENT + "Microscopes/Microscope/Manufacturer/Model"),
    *each("magnification", INSTRUMENT + "Objectives/Objective/NominalMagnification"),
    *each("operation_mode", IMAGE + FIRST + "AcquisitionMode"),
    *each("exposure_time", IMAGE + FIRST + "ExposureTime", "ns"),
    *each("detector_name", INSTRUMENT + "Detectors/Detector/@Name"),
    *each("detector_type", INSTRUMENT + "Detectors/Detector/Type"),
    Rule("dwell_time", IMAGE + FIRST + "LaserScanInfo/PixelTime", "s"),
    Rule("dwell_time", IMAGE + "Dimensions/Channels/Channel/0/LaserScanInfo/PixelTime", "s"),
    Rule("frame_time", IMAGE + FIRST + "LaserScanInfo/FrameTime", "s"),
    Rule("frame_time", IMAGE + "Dimensions/Channels/Channel/0/LaserScanInfo/FrameTime", "s"),
    Rule("stage_x", "**/Scene/CenterPosition", "µm", corner(0)),
    Rule("stage_y", "**/Scene/CenterPosition", "µm", corner(1)),
    Rule("stage_x", "**/Scene/0/CenterPosition", "µm", corner(0)),
    Rule("stage_y", "**/Scene/0/CenterPosition", "µm", corner(1)),
    Rule("stage_x", "**/Positions/Position/@X", "µm"),
    Rule("stage_y", "**/Positions/Position/@Y", "µm"),
    Rule("stage_z", "**/Positions/Position/@Z", "µm"),
    Rule("acceleration_voltage", "**/AccelerationVoltage", "V"),
    Rule("acceleration_voltage", "**/AcceleratingVoltage", "V"),
)
"""Exposures are in nanoseconds there, scenes' places in µm."""


def filetime_hex(text: Any) -> str | None:
    """The first of a list of Windows' times in hexadecimal digits."""
    return from_filetime(int(str(text).split(maxsplit=1)[0], 16))


def filetime_halves(node: Any) -> str | None:
    return from_filetime((int(node["@HighInteger"]) << 32) + int(node["@LowInteger"]))


CONFOCAL, CAMERA = "**/ATLConfocalSettingDefinition/", "**/ATLCameraSettingDefinition/"
LIF = (
    Rule("title", "LMSDataContainerHeader/Element/@Name"),
    Rule("start_time", "**/Image/TimeStampList/#text", read=filetime_hex),
    Rule("start_time", "**/Image/TimeStampList/TimeStamp/0", read=filetime_halves),
    Rule("start_time", "**/Image/TimeStampList/TimeStamp", read=filetime_halves),
    Rule("start_time", "**/Experiment/TimeStamp", read=filetime_halves),
    Rule("instrument_name", "**/@SystemTypeName"),
    Rule("instrument_model", "**/@MicroscopeModel"),
    Rule("operation_mode", "**/@DataSourceTypeName"),
    *(Rule("magnification", place + "@Magnification") for place in (CONFOCAL, CAMERA)),
    *(Rule("stage_x", place + "@StagePosX", "m") for place in (CONFOCAL, CAMERA)),
    *(Rule("stage_y", place + "@StagePosY", "m") for place in (CONFOCAL, CAMERA)),
    *(Rule("stage_z", place + "@ZPosition", "m") for place in (CONFOCAL, CAMERA)),
    Rule("dwell_time", CONFOCAL + "@PixelDwellTime", "s"),
    Rule("frame_time", CONFOCAL + "@FrameTime", "s"),
    Rule("exposure_time", CAMERA + "**/@ExposureTime", "s"),
    Rule("detector_name", CAMERA + "@CameraName"),
    Rule("detector_name", "**/Detector/@Name"),
    Rule("detector_name", "**/Detector/0/@Name"),
)


def from_julian_day(day: Any) -> str | None:
    """Days since noon of 1 January 4713 BC, UTC."""
    return from_epoch((float(day) - 2_440_587.5) * 86_400)


FRAME = "first_frame/channels/0/"
ND2 = (
    Rule("start_time", FRAME + "time/absoluteJulianDayNumber", read=from_julian_day),
    Rule("start_time", "blocks/**/dTimeAbsolute", read=from_julian_day),
    Rule("operator", "text_info/author"),
    Rule("sample_id", "text_info/sampleId"),
    Rule("magnification", FRAME + "microscope/objectiveMagnification"),
    Rule("magnification", "metadata/channels/0/microscope/objectiveMagnification"),
    Rule("operation_mode", "metadata/channels/0/microscope/modalityFlags", read=", ".join),
    Rule("stage_x", FRAME + "position/stagePositionUm/x", "µm"),
    Rule("stage_y", FRAME + "position/stagePositionUm/y", "µm"),
    Rule("stage_z", FRAME + "position/stagePositionUm/z", "µm"),
)


def described(label: str) -> Any:
    """What stands behind a label in NIS-Elements' own description; None where it does not."""

    def find(text: Any) -> str | None:
        found = re.search(rf"^[ \t-]*{label}:[ \t]*(.+?)\s*$", str(text), re.MULTILINE)
        return found[1] if found else None

    return find


ND2_WORDS = (
    *(
        Rule(field, f"text_info/{key}", unit, described(label))
        for key in ("description", "capturing")
        for field, label, unit in (
            ("exposure_time", "Exposure", "s"),
            ("detector_name", "Camera Name", ""),
            ("detector_type", "Camera Type", ""),
            ("instrument_name", r"Microscope(?: Settings:\s*Microscope)?", ""),
        )
    ),
)

ACQUIRED, BESIDE = "Acquisition Parameters Common/", "first_plane/Acquisition Parameters Common/"
OIF = (
    Rule("title", "File Info/DataName"),
    Rule("operator", "File Info/UserName"),
    Rule("operator", "File Info/Author"),
    Rule("start_time", ACQUIRED + "ImageCaputreDate", read=lambda text: from_iso(str(text).replace("/", "-"))),
    Rule("start_time", ACQUIRED + "ImageCaptureDate", read=lambda text: from_iso(str(text).replace("/", "-"))),
    Rule("instrument_name", "Version Info/SystemName"),
    Rule("instrument_model", ACQUIRED + "Acquisition Device"),
    Rule("operation_mode", ACQUIRED + "ScanMode"),
    Rule("magnification", BESIDE + "Magnification"),
    Rule("magnification", ACQUIRED + "Magnification"),
    Rule("dwell_time", BESIDE + "Time Per Pixel", "µs"),
    Rule("detector_name", "Channel 1 Parameters/CH Name"),
)
MAKERS = {"czi": "Carl Zeiss", "lif": "Leica Microsystems", "nd2": "Nikon", "oib": "Olympus", "oif": "Olympus"}
RULES = {"czi": CZI, "lif": LIF, "nd2": (*ND2, *ND2_WORDS), "oib": OIF, "oif": OIF}


MOST_ALIKE = 16


def first_ones(tree: Any) -> Any:
    """The tree with no more than the first of what repeats: a file has one microscope and perhaps a thousand images."""
    if isinstance(tree, dict):
        return {key: first_ones(value) for key, value in tree.items()}
    return [first_ones(one) for one in tree[:MOST_ALIKE]] if isinstance(tree, list) else tree


def lightmicroscope(format_name: str, tree: dict[str, Any]) -> dict[str, Value]:
    """The maker is who defined the format: nobody else writes it. It is told by the first part of the tree."""
    source = next(iter(tree), "")
    return {"instrument_vendor": Value(MAKERS[format_name], "", source, format_name)} | apply(
        RULES[format_name], first_ones(tree)
    )
