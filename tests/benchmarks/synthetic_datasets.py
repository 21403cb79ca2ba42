"""Datasets as microscopes write them, without files: 60 leaves each, nested, and no two alike."""

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lims.model import Axis, Dataset, Extraction, Signal, Step, Value, new_id

BEGIN = datetime(2020, 1, 6, 8, tzinfo=UTC)
DETECTORS = ("HAADF", "BF", "DF4", "EDS SuperX", "Ceta 16M", "K3 Summit", "Merlin Quad", "SE2")
MATERIALS = ("SrTiO3 lamella", "Au on carbon", "LiFePO₄ cathode", "GaN nanowire", "lysozyme crystal", "steel 316L")
PEOPLE = ("ada", "émilie", "grace", "lise", "marie", "rosalind")
MODES = ("STEM", "TEM", "Diffraction", "EFTEM", "Lorentz")


@dataclass(frozen=True)
class Read:
    """All that a harvest knows of one dataset once it has read it."""

    dataset: Dataset
    steps: tuple[Step, ...]
    extraction: Extraction


def read(number: int) -> Read:
    """The dataset with this number: always with the same content."""
    chance = random.Random(number)
    moment = BEGIN + timedelta(seconds=97 * number)
    tree = tree_of(number, chance, moment)
    normalised = normalised_of(tree, moment)
    made = Extraction("dm3", "synthetic", "1.0", (signal_of(chance),), normalised, tree)
    one = Dataset(
        new_id("dataset"),
        "raw",
        "raw",
        f"Titan_TEM/{moment:%Y/%m/%d}/{chance.choice(PEOPLE)}/{chance.choice(MATERIALS)} {number:07}.dm3",
        chance.randrange(10**4, 10**9),
        moment,
        sha256=f"{chance.getrandbits(256):064x}",
        status="extracted",
        format="dm3",
        signals=made.signals,
        normalised=normalised,
        acquired=moment,
        clock="inner",
        instrument="titan",
        preview_size=(512, 512),
    )
    return Read(one, steps_of(one.id, moment), made)


def steps_of(dataset: str, moment: datetime) -> tuple[Step, ...]:
    return (
        Step(dataset, "attach", "done", 1, "", "", moment),
        Step(dataset, "hash", "done", 1, "", "", moment),
        Step(dataset, "extract", "done", 1, "", "synthetic 1.0", moment),
        Step(dataset, "preview", "done", 1, "", "synthetic 1.0", moment),
    )


def signal_of(chance: random.Random) -> Signal:
    size, scale = chance.choice((512, 1024, 2048)), chance.uniform(1e-12, 1e-9)
    axes = tuple(Axis(name, size, scale, 0.0, "m") for name in ("y", "x"))
    return Signal(chance.choice(DETECTORS), "", (size, size), "uint16", axes)


def tree_of(number: int, chance: random.Random, moment: datetime) -> dict[str, Any]:
    """60 leaves in up to four levels: numbers, numbers as texts, lists, units, dates and free text."""
    even, near = chance.random, chance.gauss
    voltage = chance.choice((60e3, 80e3, 200e3, 300e3))
    return {
        "General": {
            "title": f"{chance.choice(MATERIALS)} {number}",
            "original_filename": f"image_{number:07}.dm3",
            "date": f"{moment:%Y-%m-%d}",
            "time": f"{moment:%H:%M:%S}",
            "user": chance.choice(PEOPLE),
            "comment": f"area {number % 41}, after {chance.choice(MODES)} alignment; drift {even():.2f} nm/min",
        },
        "ImageList": {
            "TagGroup0": {
                "ImageData": {
                    "Calibrations": {
                        "Brightness": {"Origin": 0.0, "Scale": 1.0, "Units": ""},
                        "Dimension": [
                            {"Origin": near(0, 5), "Scale": even() * 1e-9, "Units": "nm"},
                            {"Origin": near(0, 5), "Scale": even() * 1e-9, "Units": "nm"},
                        ],
                    },
                    "DataType": 10,
                    "Dimensions": [1024, 1024],
                    "PixelDepth": 2,
                },
                "ImageTags": {
                    "Microscope Info": {
                        "Voltage": voltage,
                        "Indicated Magnification": float(chance.choice((20e3, 80e3, 320e3, 1.3e6))),
                        "Actual Magnification": near(1e5, 1e4),
                        "Cs(mm)": 1.2,
                        "Emission Current (µA)": near(100, 5),
                        "Probe Current (nA)": even(),
                        "Probe Size (nm)": 0.0,
                        "STEM Camera Length": 91.0,
                        "Illumination Mode": chance.choice(MODES),
                        "Imaging Mode": chance.choice(MODES),
                        "Name": "FEI Titan Remote",
                        "Operation Mode": "SCANNING",
                        "Stage Position": {
                            "Stage Alpha": near(0, 10),
                            "Stage Beta": near(0, 10),
                            "Stage X": near(0, 300),
                            "Stage Y": near(0, 300),
                            "Stage Z": near(0, 50),
                        },
                        "Microscopist": chance.choice(PEOPLE),
                        "Specimen": chance.choice(MATERIALS),
                    },
                    "Acquisition": {
                        "Device": {"Name": chance.choice(DETECTORS), "Source": "Titan", "Gain": f"{number % 16}"},
                        "Frame": {"Exposure (s)": even(), "Readout": 0.02, "Binning": [2, 2], "Corrected": True},
                        "Parameters": {"Version": "65537", "Mode": "Continuous", "Shutter": None},
                    },
                    "DigiScan": {
                        "Flyback": 500.0,
                        "Rotation": near(0, 90),
                        "Sample Time": chance.choice((2.0, 4.0, 8.0, 16.0)),
                        "Synchronize": True,
                        "Linesync Frequency": "50",
                    },
                },
                "UniqueID": {"0": chance.getrandbits(31), "1": chance.getrandbits(31)},
            }
        },
        "Vacuum": {"Column (Pa)": math.exp(near(-12, 1)), "Gun (Pa)": math.exp(near(-16, 1)), "State": "ready"},
        "Software": {"Name": "DigitalMicrograph", "Version": "3.43.3213.0", "Licence": f"{chance.getrandbits(40):x}"},
    }


def normalised_of(tree: dict[str, Any], moment: datetime) -> dict[str, Value]:
    place = "ImageList.TagGroup0.ImageTags.Microscope Info"
    info = tree["ImageList"]["TagGroup0"]["ImageTags"]["Microscope Info"]

    def value(name: str, factor: float, unit: str) -> Value:
        return Value(info[name] * factor, unit, f"{place}.{name}", str(info[name]))

    stage = info["Stage Position"]
    return {
        "start_time": Value(moment.isoformat(), "", "General.date", tree["General"]["date"]),
        "operator": Value(info["Microscopist"], "", f"{place}.Microscopist", info["Microscopist"]),
        "instrument_name": Value(info["Name"], "", f"{place}.Name", info["Name"]),
        "acceleration_voltage": value("Voltage", 1.0, "V"),
        "magnification": value("Indicated Magnification", 1.0, ""),
        "camera_length": value("STEM Camera Length", 1e-3, "m"),
        "probe_current": value("Probe Current (nA)", 1e-9, "A"),
        "stage_x": Value(stage["Stage X"] * 1e-6, "m", f"{place}.Stage Position.Stage X", str(stage["Stage X"])),
        "stage_y": Value(stage["Stage Y"] * 1e-6, "m", f"{place}.Stage Position.Stage Y", str(stage["Stage Y"])),
        "tilt_alpha": Value(stage["Stage Alpha"], "rad", f"{place}.Stage Position.Stage Alpha", ""),
    }
