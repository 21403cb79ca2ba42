"""The rules of each vendor, one file each; what decides is the format, and for TIFF which tags are there."""

from collections.abc import Callable
from typing import Any

from lims.extractors.normalise.vendors.digitalmicrograph import digitalmicrograph
from lims.extractors.normalise.vendors.tia import tia
from lims.extractors.normalise.vendors.tiff import tiff
from lims.extractors.normalise.vendors.various import various
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
}


def by_vendor(format_name: str, metadata: dict[str, Any]) -> dict[str, Value]:
    normaliser = VENDORS.get(format_name)
    return normaliser(metadata) if normaliser else various(format_name, metadata)


__all__ = ["by_vendor"]
