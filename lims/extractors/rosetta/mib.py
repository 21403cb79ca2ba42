"""Quantum Detectors' .mib: RosettaSciIO's reader, told the scan's shape.

To find it, the reader maps the whole file as memory of its own, which a file of some GiB may not have.
"""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from rsciio.quantumdetector import file_reader, load_mib_data, parse_timestamps
from rsciio.quantumdetector._api import parse_hdr_file

LONGEST_LINE = 4096
__all__ = ["describe", "file_reader"]


def describe(filename: str, lazy: bool = True) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = file_reader(filename, lazy=lazy, navigation_shape=scan_shape(Path(filename)))
    return found


def scan_shape(path: Path) -> tuple[int, ...]:
    """(frames a line, lines), or (frames,) where nothing says how many make a line; as the reader finds it."""
    _, headers = load_mib_data(str(path), return_headers=True, mmap_mode="r")
    beside = path.with_suffix(".hdr")
    said = parse_hdr_file(beside) if beside.exists() else {}
    frames = int(said.get("Frames in Acquisition (Number)", len(headers)))
    a_line = int(said.get("Frames per Trigger (Number)", 1))
    if a_line == 1:
        a_line = line_by_the_clock(headers)
    return (a_line, frames // a_line) if frames and a_line else (len(headers),)


def line_by_the_clock(headers: Any) -> int:
    """A new line begins after the first pause that is longer than the mean; 1 where the clock says nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the zone is dropped
            times = np.array(parse_timestamps(headers, LONGEST_LINE)).astype("datetime64")
    except (IndexError, ValueError):
        return 1
    pauses = np.diff(times).astype(float)
    longer = np.flatnonzero(pauses > pauses.mean()) if pauses.size else pauses
    return int(longer[0]) + 1 if longer.size else 1
