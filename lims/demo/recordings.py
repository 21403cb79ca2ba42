"""The numbers behind the demo: pictures and spectra that were really recorded and lie inside installed packages.

Pictures: scikit-image's wheel (`skimage/data`); photographs of surfaces and of the sky, a light micrograph of
tissue and a hologram of cells.
Spectra: exspy's wheel; an EDS spectrum of the reference material EDS-TM002 (SEM, 10 kV), one of FePt nanoparticles
(STEM, 200 kV), and EELS low-loss and core-loss spectra. Nothing is downloaded.
One thing is computed, and says so: a lattice, because no package ships a picture with diffraction spots.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lims.errors import Unavailable

PICTURES = {
    "brick": "brick.png",
    "cell": "cell.png",
    "galaxies": "hubble_deep_field.jpg",
    "grass": "grass.png",
    "gravel": "gravel.png",
    "moon": "moon.png",
    "tissue": "ihc.png",
}
EDS = {
    "EDS-TM002": ("EDS_SEM_TM002.hspy", "EDS spectrum of EDS-TM002, exspy"),
    "FePt": ("EDS_TEM_FePt_nanoparticles.hspy", "EDS spectrum of FePt nanoparticles, exspy"),
}
EELS = {
    "low-loss": ("lowloss_spectrum.msa", "EELS low-loss spectrum, exspy"),
    "core-loss": ("coreloss_spectrum.msa", "EELS core-loss spectrum, exspy"),
}


def packed(package: str, *parts: str) -> Path:
    """A file inside an installed package, without importing the package."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable(f"The demo needs the package {package}.", hint="Install it, or all of jupyter-lims anew.")
    return Path(spec.submodule_search_locations[0], *parts)


@cache
def picture(name: str) -> NDArray[np.uint8]:
    """(rows, columns), 8 bit."""
    with Image.open(packed("skimage", "data", PICTURES[name])) as image:
        return np.asarray(image.convert("L"))


def field_of_view(name: str, side: int, zoom: float, seed: int, dtype: str = "uint8") -> NDArray[Any]:
    """A square part of a picture, as if the stage had moved there: the same seed gives the same part.

    zoom: 1 shows the largest square of the picture, 2 half its side. dtype: uint8, or uint16 with 14 bits used.
    """
    whole = picture(name)
    part = max(32, int(min(whole.shape) / zoom))
    random = np.random.default_rng(seed)
    row, column = (int(random.integers(0, size - part + 1)) for size in whole.shape)
    seen = whole[row : row + part, column : column + part]
    turned = np.rot90(seen, int(random.integers(0, 4)))
    scaled = np.asarray(Image.fromarray(turned).resize((side, side), Image.Resampling.BICUBIC))
    return scaled if dtype == "uint8" else (scaled.astype(dtype) * 64 + random.integers(0, 64, scaled.shape, dtype))


def lattice(side: int, spacing_px: float, seed: int) -> NDArray[Any]:
    """A computed lattice of atomic columns with shot noise; uint16, about 400 counts on a column."""
    random = np.random.default_rng(seed)
    angle = random.uniform(0, np.pi / 2)
    y, x = np.mgrid[:side, :side]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    columns = np.cos(2 * np.pi * along / spacing_px) + np.cos(2 * np.pi * across / (spacing_px * np.sqrt(2)))
    counts: NDArray[Any] = random.poisson(60 + 340 * np.clip(columns / 2, 0, 1) ** 2).astype(np.uint16)
    return counts


@cache
def eds(name: str) -> tuple[NDArray[np.uint32], float, float, str]:
    """(counts, step in eV, start in eV, what it is)."""
    file, recording = EDS[name]
    with h5py.File(packed("exspy", "data", file), "r") as tree:
        signal = next(iter(tree["Experiments"].values()))
        axis = signal["axis-0"].attrs
        counts = np.asarray(signal["data"]).round().astype(np.uint32)
        return counts, float(axis["scale"]) * 1000, float(axis["offset"]) * 1000, recording


@cache
def eels(name: str) -> tuple[NDArray[np.int32], float, float, str]:
    """(counts, step in eV, start in eV, what it is)."""
    file, recording = EELS[name]
    text = packed("exspy", "tests", "components", file).read_text(encoding="latin-1")
    header, _, body = text.partition("#SPECTRUM")
    keys = dict(line[1:].split(":", 1) for line in header.splitlines() if line.startswith("#"))
    found = {key.strip(): value.strip() for key, value in keys.items()}
    numbers = body.partition("\n")[2].partition("#ENDOFDATA")[0]
    counts = np.array([float(number) for number in numbers.replace(",", " ").split()])
    return counts.astype(np.int32), float(found["XPERCHAN"]), float(found["OFFSET"]), recording
