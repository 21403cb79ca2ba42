"""What people record at the demo's instruments: format, detector, voltage, and which recording stands for it."""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from lims.demo import recordings
from lims.demo.shot import Shot

SIDE = 512


@dataclass(frozen=True)
class Recipe:
    """How one kind of file comes about.

    source: a picture's name, "lattice" or "dark"; "eds:NAME" or "eels:NAME" for a spectrum.
    name: the file's, with {sample}, {number}, {at} and {mag} in it.
    zooms: how much closer than `magnification` and `pixel_m` a picture may be taken.
    """

    format: str
    detector: str
    voltage_v: float
    source: str
    name: str
    magnification: float = 0.0
    pixel_m: float = 0.0
    dwell_s: float = 1e-5
    dtype: str = "uint8"
    zooms: tuple[float, ...] = (1.0, 1.6, 2.5, 4.0)


RECIPES = {
    "haadf": Recipe(
        "emd", "HAADF", 300e3, "lattice", "STEM HAADF {at:%H.%M.%S} {mag}.emd", 5.1e6, 2.4e-11, 4e-6, "uint16",
        (1.0, 1.25, 1.6),
    ),
    "haadf survey": Recipe(
        "emd", "HAADF", 300e3, "moon", "STEM HAADF {at:%H.%M.%S} {mag}.emd", 57e3, 1.9e-9, 1e-5, "uint16"
    ),
    "particles": Recipe(
        "emd", "HAADF", 200e3, "galaxies", "STEM HAADF {at:%H.%M.%S} {mag}.emd", 225e3, 4.9e-10, 1e-5, "uint16"
    ),
    "particle eds": Recipe("msa", "Super-X", 200e3, "eds:FePt", "{sample} EDS {number:02d}.msa", 225e3),
    "adf": Recipe("dm3", "ADF", 200e3, "grass", "{sample}_ADF_{number:02d}.dm3", 80e3, 1.2e-9, 2e-5, "uint16"),
    "low loss": Recipe("dm3", "EELS", 200e3, "eels:low-loss", "{sample}_LowLoss_{number:02d}.dm3", 1.5e6, dwell_s=0.02),
    "core loss": Recipe(
        "dm3", "EELS", 200e3, "eels:core-loss", "{sample}_CoreLoss_{number:02d}.dm3", 1.5e6, dwell_s=1.5
    ),
    "fracture": Recipe("fei-tif", "ETD", 5e3, "gravel", "{sample}_{number:03d}.tif", 2500, 1.6e-7, 3e-6),
    "lamella": Recipe("fei-tif", "TLD", 2e3, "tissue", "{sample}_lamella_{number:03d}.tif", 12e3, 3.3e-8, 1e-6),
    "grains": Recipe("zeiss-tif", "InLens", 10e3, "tissue", "{sample}_{number:02d}.tif", 5e3, 4.5e-8, 2e-6),
    "ash": Recipe("zeiss-tif", "SE2", 15e3, "gravel", "{sample}_{number:02d}.tif", 800, 2.8e-7, 2e-6),
    "grating": Recipe("zeiss-tif", "InLens", 10e3, "brick", "{sample}_{number:02d}.tif", 20e3, 1.1e-8, 2e-6),
    "reference eds": Recipe("spx", "XFlash 6|30", 10e3, "eds:EDS-TM002", "{sample}_{number:02d}.spx", 500),
    "exposure": Recipe(
        "mrc", "K3", 300e3, "cell", "{sample}_{number:04d}.mrc", 67.5e3, 1.272e-10, 2.6, "uint16", (1.2,)
    ),
    "shutter closed": Recipe(
        "mrc", "K3", 300e3, "dark", "dark_{number:04d}.mrc", 81e3, 1.06e-10, 2.6, "uint16", (1.0,)
    ),
}


def shot_of(recipe: Recipe, at: datetime, operator: str, sample: str, number: int, seed: int) -> Shot:
    """The recipe at one place of the sample: the same seed records the same."""
    blank = Shot(
        at, operator, sample, recipe.detector, recipe.voltage_v, np.zeros(0), "", number, dwell_s=recipe.dwell_s
    )
    kind, _, name = recipe.source.partition(":")
    if kind in ("eds", "eels"):
        counts, step_ev, start_ev, recording = (recordings.eds if kind == "eds" else recordings.eels)(name)
        return replace(
            blank, data=counts, energy_step_ev=step_ev, energy_start_ev=start_ev, recording=recording,
            magnification=recipe.magnification,
        )
    zoom = float(np.random.default_rng(seed).choice(recipe.zooms))
    seen = replace(blank, magnification=recipe.magnification * zoom, pixel_m=recipe.pixel_m / zoom)
    if kind == "dark":
        return replace(seen, data=np.zeros((SIDE, SIDE), np.uint16), recording="all zero")
    if kind == "lattice":
        return replace(seen, data=recordings.lattice(SIDE, 8 * zoom, seed), recording="computed lattice")
    picture = recordings.field_of_view(kind, SIDE, zoom, seed, recipe.dtype)
    return replace(seen, data=picture, recording=f"a picture of {kind} from scikit-image")


def file_name(recipe: Recipe, shot: Shot) -> str:
    return recipe.name.format(
        sample=shot.sample, number=shot.number, at=shot.at, mag=magnification(shot.magnification)
    )


def magnification(times: float) -> str:
    """As Velox writes it."""
    return f"{times / 1e6:.3g} Mx" if times >= 1e6 else f"{times / 1e3:.4g} kx"
