"""One acquisition, as the person at the instrument would tell it; the formats write it down each in their way."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Shot:
    """What was recorded, when and how.

    at: the instrument's local time, with its zone. data: a picture (rows, columns) or a spectrum (channels,).
    recording: what the numbers really are; written into the file as its comment, so that nobody is misled.
    pixel_m: size of a picture's pixel. energy_step_ev, energy_start_ev: the scale of a spectrum.
    dwell_s: time per pixel or channel.
    """

    at: datetime
    operator: str
    sample: str
    detector: str
    voltage_v: float
    data: NDArray[np.generic]
    recording: str
    number: int = 1
    magnification: float = 0.0
    pixel_m: float = 0.0
    energy_step_ev: float = 0.0
    energy_start_ev: float = 0.0
    dwell_s: float = 1e-5
    working_distance_m: float = 0.004
    tilt_deg: float = 0.0

    @property
    def comment(self) -> str:
        return f"demo data, {self.recording}"
