"""JEOL's .pts, a list of events: described, and summed for its picture, but never made an array of (y, x, channel).

RosettaSciIO decodes the whole list first, which takes seconds, and made 4 GiB of 1.4 MB. HyperSpy still opens the file
by it, lazily where the array would be large.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rsciio.jeol import file_reader
from rsciio.jeol._api import _parsejeol as parse_tree

__all__ = ["describe", "file_reader"]

MAGIC = 304
LEVELS = 4096
"""Positions and channels are 12-bit numbers, whatever the size of the map."""
X, Y, X_RAY = 0x8, 0x9, 0xB
MOST_VALUES = 8 << 20
"""What is read of the list for a picture; the rest is later frames."""


@dataclass
class EventList:
    """16-bit words from a place in a file: 4 bits what it is, 12 bits x, y or the channel of a count.

    shape: (y, x, channel).
    """

    path: Path
    start: int
    shape: tuple[int, ...]
    dtype: "np.dtype[Any]"

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def over_spectrum(self) -> NDArray[np.int64]:
        """(y, x): the counts of each pixel."""
        height, width, _ = self.shape
        kinds, numbers = self.read()
        counts = np.flatnonzero(kinds == X_RAY)
        y = latest(kinds == Y, numbers, counts) // (LEVELS // height)
        x = latest(kinds == X, numbers, counts) // (LEVELS // width)
        inside = (y < height) & (x < width)
        total = np.bincount(y[inside] * width + x[inside], minlength=height * width)
        return total.reshape(height, width)

    def over_positions(self) -> NDArray[np.int64]:
        """(channel,): the counts of each channel."""
        kinds, numbers = self.read()
        return np.bincount(numbers[kinds == X_RAY], minlength=LEVELS)

    def read(self) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
        """(kinds, numbers) of the words of whole frames; of the only frame also where it is incomplete."""
        words = np.fromfile(self.path, "<u2", MOST_VALUES, offset=self.start)
        kinds, numbers = np.right_shift(words, 12), np.bitwise_and(words, 0xFFF)
        rows = np.flatnonzero(kinds == Y)
        starts = rows[1:][numbers[rows[1:]] < numbers[rows[:-1]]]  # a frame begins where y goes back
        if starts.size and numbers[rows[-1]] < LEVELS - LEVELS // self.shape[0]:
            kinds, numbers = kinds[: starts[-1]], numbers[: starts[-1]]
        return kinds, numbers


def latest(marks: NDArray[np.bool_], numbers: NDArray[np.uint16], at: NDArray[np.intp]) -> NDArray[np.int64]:
    """The number of the last mark before each place; 0 before the first."""
    places = np.flatnonzero(marks)
    known = np.concatenate([[0], numbers[places]]).astype(np.int64)
    return known[np.searchsorted(places, at)]


def describe(filename: str, lazy: bool = True) -> list[dict[str, Any]]:
    """The map as RosettaSciIO's dictionary, its data an EventList. Raises ValueError, EOFError for a damaged file."""
    header, start, created = header_of(Path(filename))
    measured = header["PTTD Data"]["AnalyzableMap MeasData"]
    stage = header["PTTD Param"]["Params"]["PARAMPAGE0_SEM"]
    width, height = (int(size) for size in measured["Meas Cond"]["Pixels"].split("x"))
    if not (0 < width <= LEVELS and 0 < height <= LEVELS):
        raise ValueError(f"it claims {width} × {height} pixels; a map has at most {LEVELS} a side")
    return [
        {
            "data": EventList(Path(filename), start, (height, width, LEVELS), np.dtype(np.uint8)),
            "axes": axes_of(header, height, width),
            "metadata": words_of(filename, measured, stage, created),
            "original_metadata": header,
        }
    ]


def axes_of(header: dict[str, Any], height: int, width: int) -> list[dict[str, Any]]:
    """The scan's side in µm is the same for y and x; the channel of no energy depends on the pulse processor's mode."""
    measured, params = header["PTTD Data"]["AnalyzableMap MeasData"], header["PTTD Param"]["Params"]
    side_um = float(params["PARAMPAGE0_SEM"]["ScanSize"] / measured["MeasCond"]["Mag"] * 1e3)
    zero = params["PARAMPAGE1_EDXRF"]["Tpl"][measured["Meas Cond"]["Tpl"]]["DigZ"]
    step, offset = float(measured["Doc"]["CoefA"]), float(measured["Doc"]["CoefB"])
    rows = (
        ("y", height, side_um / height, 0.0, "µm"),
        ("x", width, side_um / width, 0.0, "µm"),
        ("Energy", LEVELS, step, offset - step * zero, "keV"),
    )
    return [
        {"name": name, "size": size, "scale": scale, "offset": offset, "units": units, "navigate": units == "µm"}
        for name, size, scale, offset, units in rows
    ]


def header_of(path: Path) -> tuple[dict[str, Any], int, datetime]:
    """(the vendor's tree, where the list starts, when the file was made)."""
    with path.open("rb") as file:
        if np.fromfile(file, "<u4", 1)[0] != MAGIC:
            raise ValueError("it does not begin as a .pts file does")
        file.seek(12)
        _, _, place, _, start, _ = (int(number) for number in np.fromfile(file, "<u4", 6))
        file.seek(296)
        days = np.fromfile(file, "<f8", 1)[0]
        file.seek(place + 12)
        return parse_tree(file), start, datetime(1899, 12, 30) + timedelta(days=float(days))


def words_of(filename: str, measured: dict[str, Any], stage: dict[str, Any], created: datetime) -> dict[str, Any]:
    """In HyperSpy's terms, as RosettaSciIO has them."""
    date, time = created.isoformat().split("T")
    energy = float(measured["MeasCond"]["AccKV"])
    mode = "SEM" if energy <= 30.0 else "TEM"
    detector = {"detector_type": stage["DetT"], "real_time": measured["Doc"]["RealTime"]}
    instrument = {"beam_energy": energy, "magnification": measured["MeasCond"]["Mag"], "Detector": {"EDS": detector}}
    return {
        "Acquisition_instrument": {mode: instrument},
        "General": {"date": date, "time": time, "title": Path(filename).stem},
        "Signal": {"signal_type": f"EDS_{mode}"},
    }
