"""The rules of each vendor, one file each; what decides is the format, and for TIFF which tags are there."""

from collections.abc import Callable
from functools import partial
from typing import Any

from lims.extractors.normalise.disagreement import merged
from lims.extractors.normalise.vendors.digitalmicrograph import digitalmicrograph
from lims.extractors.normalise.vendors.ebsd import RULES as EBSD_RULES
from lims.extractors.normalise.vendors.ebsd import ebsd
from lims.extractors.normalise.vendors.hdf5 import RULES as HDF5_RULES
from lims.extractors.normalise.vendors.hdf5 import dectris, hdf5, zivid
from lims.extractors.normalise.vendors.lightmicroscopes import MAKERS, lightmicroscope
from lims.extractors.normalise.vendors.nexus import cxi, nexus
from lims.extractors.normalise.vendors.pictures import picture
from lims.extractors.normalise.vendors.serialem import pixels, serialem
from lims.extractors.normalise.vendors.tia import tia
from lims.extractors.normalise.vendors.tiff import tiff
from lims.extractors.normalise.vendors.various import VARIOUS
from lims.extractors.normalise.vendors.velox import velox
from lims.model import Value

Normaliser = Callable[[dict[str, Any]], dict[str, Value]]

VENDORS: dict[str, Normaliser] = {
    "dm3": digitalmicrograph,
    "dm4": digitalmicrograph,
    "emi": tia,
    "ser": tia,
    "tiff": tiff,
    "emd-velox": velox,
    **VARIOUS,
    **{name: partial(lightmicroscope, name) for name in MAKERS},
    "nexus": nexus,
    "cxi": cxi,
    "arina": dectris,
    "dectris": dectris,
    "zdf": zivid,
    **{name: partial(ebsd, name) for name in EBSD_RULES},
    **{name: partial(hdf5, name) for name in HDF5_RULES},
}

SAVED_AGAIN = ("hspy", "zspy", "nexus-hyperspy")
"""Formats in which HyperSpy saves what it read elsewhere, with the first vendor's tree."""
ORIGINS: tuple[tuple[str, str], ...] = (
    ("ImageList", "dm4"),
    ("ObjectInfo", "emi"),
    ("fei_metadata", "tiff"),
    ("CZ_SEM", "tiff"),
    ("BinaryResult", "emd-velox"),
    ("NPOINTS", "msa"),
    ("blockfile_header", "blo"),
    ("mib_properties", "mib"),
)
"""(a key that only this vendor's trees have, the format whose rules apply)."""


PICTURES = frozenset({"jpeg", "mpo", "png", "gif", "webp", "avif", "jpeg2000", "bmp", "psd"})
"""Pictures that may say who took them, and when."""


def by_vendor(format_name: str, metadata: dict[str, Any]) -> dict[str, Value]:
    normaliser = VENDORS.get(format_name) or (picture if format_name in PICTURES else None)
    found = normaliser(metadata) if normaliser else {}
    if format_name in SAVED_AGAIN:
        origin = next((origin for key, origin in ORIGINS if key in metadata), "")
        found = VENDORS[origin](metadata) | found if origin else found
    if "mdoc" not in metadata:
        return found
    return merged(found, serialem(metadata), why="the image's own entry goes before the .mdoc beside it")


def where_the_axes_have_none(metadata: dict[str, Any]) -> dict[str, Value]:
    """Pixel sizes from beside the image, which are asked last."""
    return pixels(metadata) if "mdoc" in metadata else {}


__all__ = ["by_vendor", "where_the_axes_have_none"]
