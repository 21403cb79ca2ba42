"""MRC, and what Direct Electron writes beside it: NAME_info.txt and, of a scan in any order, its coordinates.

RosettaSciIO looks for them by name, and sets scales to 1 that the text knows; so they are handed over and put right.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lims.extractors.raw import Raw

STAMP = slice(212, 214)
BIG_ENDIAN = b"\x11\x11"
MOST_POSITIONS = 16 << 20
PIXEL_SIZES = {
    "x": "Specimen Pixel Size X (nanometers)",
    "y": "Specimen Pixel Size Y (nanometers)",
    "kx": "Diffraction Pixel Size X",
    "ky": "Diffraction Pixel Size Y",
}
TEXTS = ("CMAP", "STAMP", "LABELS", "EXTRA", "EXTRA2")


def options_of(path: Path, companions: Sequence[Path]) -> dict[str, Any]:
    """Arguments for the reader. Raises ValueError for coordinates that lie farther apart than any scan's."""
    with path.open("rb") as file:
        is_big = file.read(256)[STAMP] == BIG_ENDIAN
    options: dict[str, Any] = {"endianness": ">"} if is_big else {}
    info = next((one for one in companions if one.name.lower().endswith("info.txt")), None)
    scan = next((one for one in companions if one.name.lower().endswith("coordinates.csv")), None)
    if info is not None and scan is not None:
        ensure_positions(scan)
    return options | {"metadata_file": info and str(info), "scan_file": scan and str(scan)}


def ensure_positions(path: Path) -> None:
    positions = np.loadtxt(path, delimiter=",", dtype=int, ndmin=2)
    if positions.min() < 0 or float(np.prod(positions.max(axis=0) + 1.0)) > MOST_POSITIONS:
        raise ValueError(f"{path.name} has coordinates up to {positions.max(axis=0).tolist()}, which no scan reaches")


def corrected(raw: Raw) -> Raw:
    """Scales as the text beside the file has them; without one, a scale that is not positive is none.

    Of a big-endian file the reader turns only the header round.
    """
    original = dict(raw.original)
    info = original.get("de_metadata")
    header = {key: unhexed(key, value) for key, value in original["std_header"].items()}
    original["std_header"] = header
    is_big = bytes(header["STAMP"]).startswith(BIG_ENDIAN)
    data = raw.data.view(raw.data.dtype.newbyteorder(">")) if is_big else raw.data
    axes = [calibrated(axis, info) for axis in raw.axes]
    scanned = [axis["name"] for axis in axes if axis["navigate"]]
    if scanned == ["time", "y", "x"] and len(axes) == 5:  # repeated positions are stored (y, x, repeat)
        names = ["y", "x", "repeat", "ky", "kx"]
        axes = [calibrated(axis | {"name": name}, info) for axis, name in zip(axes, names, strict=True)]
    return replace(raw, data=data, axes=axes, original=original)


def calibrated(axis: dict[str, Any], info: dict[str, str] | None) -> dict[str, Any]:
    name = axis["name"]
    scale = axis["scale"] if info is None or name not in PIXEL_SIZES else info.get(PIXEL_SIZES[name], "")
    try:
        known = float(scale) > 0
    except (TypeError, ValueError):
        known = False
    units = "" if name == "repeat" else str(axis["units"] or "").replace("nm^-1", "1/nm")
    return axis | ({"scale": float(scale), "units": units} if known else {"scale": 1.0, "units": ""})


def unhexed(key: str, value: Any) -> Any:
    """RosettaSciIO spells bytes in hexadecimal; labels are ten texts of 80 letters."""
    if key not in TEXTS or not isinstance(value, str):
        return value
    raw = bytes.fromhex(value)
    if key != "LABELS":
        return raw
    return [label for label in (raw[at : at + 80].rstrip(b" \0") for at in range(0, len(raw), 80)) if label]
