"""A spectrum or picture as Gatan DigitalMicrograph writes it (.dm3): a binary tree of tags.

Source of the layout: the description of DM3 by Greg Jefferis, as RosettaSciIO's reader follows it.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np

from lims.demo.shot import Shot

GROUP, DATA = 20, 21
ARRAY = 20
CODES = {"int16": 2, "int32": 3, "uint16": 4, "uint32": 5, "float32": 6, "float64": 7, "bool": 8}
DATA_TYPES = {"uint16": 10, "int32": 7, "float32": 2}
Tags = dict[str, Any]


def write_dm3(path: Path, shot: Shot) -> None:
    root = group(document(shot))
    path.write_bytes(struct.pack(">3I", 3, len(root) + 8, 1) + root + bytes(8))


def group(tags: Tags) -> bytes:
    """A tag's name that begins with # is its place in a list; the file does not hold it."""
    parts = [struct.pack(">BBI", 1, 0, len(tags))]
    for name, value in tags.items():
        label = b"" if name.startswith("#") else name.encode("latin-1")
        is_group = isinstance(value, dict)
        parts.append(struct.pack(">BH", GROUP if is_group else DATA, len(label)) + label)
        parts.append(group(value) if is_group else data(value))
    return b"".join(parts)


def data(value: Any) -> bytes:
    """Arrays as they are; text as 16-bit characters; a Python number as float64, int32 or bool."""
    if isinstance(value, str):
        value = np.frombuffer(value.encode("utf-16-le"), dtype=np.uint16)
    if isinstance(value, np.ndarray):
        little_endian = value.astype(value.dtype.newbyteorder("<")).tobytes()
        return described([ARRAY, CODES[value.dtype.name], value.size]) + little_endian
    number = np.asarray(value, dtype=np.int32 if type(value) is int else None)
    return described([CODES[number.dtype.name]]) + number.tobytes()


def described(info: list[int]) -> bytes:
    return b"%%%%" + struct.pack(f">{len(info) + 1}I", len(info), *info)


def document(shot: Shot) -> Tags:
    """One image, without a thumbnail."""
    return {
        "ImageList": {"#0": {"ImageData": image_data(shot), "ImageTags": image_tags(shot), "Name": name_of(shot)}},
        "InImageMode": True,
    }


def name_of(shot: Shot) -> str:
    return f"{shot.sample} {shot.detector} {shot.number:02d}"


def image_data(shot: Shot) -> Tags:
    numbers = np.ascontiguousarray(shot.data)
    return {
        "Calibrations": {
            "Brightness": {"Origin": np.float32(0), "Scale": np.float32(1), "Units": "Counts"},
            "Dimension": {f"#{place}": axis for place, axis in enumerate(axes(shot))},
            "DisplayCalibratedUnits": True,
        },
        "Data": numbers.ravel(),
        "DataType": np.uint32(DATA_TYPES[numbers.dtype.name]),
        "Dimensions": {f"#{place}": np.uint32(size) for place, size in enumerate(reversed(numbers.shape))},
        "PixelDepth": np.uint32(numbers.itemsize),
    }


def axes(shot: Shot) -> list[Tags]:
    """Fastest first. Gatan's origin is the channel at which the scale is zero."""
    if shot.data.ndim == 1:
        step = shot.energy_step_ev
        return [{"Origin": np.float32(-shot.energy_start_ev / step), "Scale": np.float32(step), "Units": "eV"}]
    return [{"Origin": np.float32(0), "Scale": np.float32(shot.pixel_m * 1e9), "Units": "nm"}] * 2


def image_tags(shot: Shot) -> Tags:
    tags: Tags = {
        "DataBar": {
            "Acquisition Date": f"{shot.at:%m/%d/%Y}", "Acquisition Time": f"{shot.at:%I:%M:%S %p}",
            "Acquisition Start Time (epoch)": shot.at.timestamp(), "Device Name": "GIF Quantum ER",
        },
        "Microscope Info": {
            "Name": "JEOL ARM200F", "Voltage": float(shot.voltage_v), "Illumination Mode": "STEM NANOPROBE",
            "Imaging Mode": "IMAGING", "Operation Mode": "SCANNING", "Indicated Magnification": shot.magnification,
            "STEM Camera Length": 20.0, "Emission Current (µA)": 15.0, "Probe Current (nA)": 0.04, "Cs(mm)": 0.0005,
            "Stage Position": {
                "Stage Alpha": shot.tilt_deg, "Stage Beta": 0.0, "Stage X": 120.0 + shot.number, "Stage Y": -88.0,
                "Stage Z": 12.5,
            },
        },
        "Session Info": {"Operator": shot.operator, "Specimen": shot.sample, "Microscope": "JEOL ARM200F"},
        "Notes": shot.comment,
    }
    return tags | (eels_tags(shot) if shot.data.ndim == 1 else {"DigiScan": {"Sample Time": shot.dwell_s * 1e6}})


def eels_tags(shot: Shot) -> Tags:
    return {
        "Meta Data": {"Acquisition Mode": "Parallel dispersive", "Format": "Spectrum", "Signal": "EELS"},
        "EELS": {
            "Acquisition": {
                "Date": f"{shot.at:%m/%d/%Y}", "Start time": f"{shot.at:%I:%M:%S %p}", "Exposure (s)": shot.dwell_s,
                "Number of frames": 1,
            },
            "Experimental Conditions": {
                "Collection semi-angle (mrad)": 50.0, "Convergence semi-angle (mrad)": 21.0,
            },
        },
        "EELS Spectrometer": {"Instrument name": "GIF Quantum ER", "Dispersion (eV/ch)": shot.energy_step_ev},
    }
