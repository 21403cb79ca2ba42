"""SerialEM: the .mdoc beside an image. The first image of a series speaks for all of them.

Units: SerialEM's help, "File formats". SpotSize, Intensity, doses and image shifts have no field and stay in the tree.
"""

from collections.abc import Iterator
from typing import Any

from lims.extractors.normalise.rules import Rule, apply
from lims.extractors.normalise.times import from_words
from lims.model import Value

DATES = ("%d-%b-%y %H:%M:%S", "%d-%b-%Y %H:%M:%S")
FIELDS = (
    ("operator", "Operator", ""),
    ("sample_id", "Sample", ""),
    ("acceleration_voltage", "Voltage", "kV"),
    ("magnification", "Magnification", ""),
    ("camera_length", "CameraLength", "mm"),
    ("defocus", "Defocus", "µm"),
    ("stage_z", "StageZ", "µm"),
    ("tilt_alpha", "TiltAngle", "deg"),
    ("detector_name", "CameraName", ""),
    ("exposure_time", "ExposureTime", "s"),
)


def serialem(tree: dict[str, Any]) -> dict[str, Value]:
    rules = [Rule(field, path, unit) for field, key, unit in FIELDS for path in places(key)]
    rules += [Rule("stage_x", path, "µm", lambda text: text.split()[0]) for path in places("StagePosition")]
    rules += [Rule("stage_y", path, "µm", lambda text: text.split()[1]) for path in places("StagePosition")]
    rules += [Rule("start_time", path, read=moment) for path in places("DateTime")]
    images = list((tree["mdoc"].get("ZValue") or {}).keys())
    if len(images) > 1:
        rules.append(Rule("end_time", f"mdoc/ZValue/{images[-1]}/DateTime", read=moment))
    return apply(rules, tree)


def pixels(tree: dict[str, Any]) -> dict[str, Value]:
    """Pixel sizes, for an image whose own header has none. A diffraction pattern's spacing is one over angstrom."""
    rules = [Rule(f"pixel_size_{side}", path, "angstrom") for side in "xy" for path in places("PixelSpacing")]
    is_diffraction = "camera_length" in serialem(tree)
    return {} if is_diffraction else apply(rules, tree)


def places(key: str) -> Iterator[str]:
    """An image's own value, else the one for the whole file."""
    return iter((f"mdoc/ZValue/*/{key}", f"mdoc/{key}"))


def moment(text: str) -> str | None:
    """Local time, of no known zone; two blanks stand between date and time."""
    return from_words(" ".join(text.split()), DATES)
