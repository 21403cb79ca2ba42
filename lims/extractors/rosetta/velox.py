"""Velox files: RosettaSciIO's reader, with spectrum images described instead of decoded.

A spectrum image is a stream of 16-bit numbers, in which decoding takes seconds; what it is of stands in the metadata.
HyperSpy opens Velox files by this module, too, so that both see the same shapes.
"""

import json
import logging
from collections.abc import Iterator
from typing import Any

import dask.array
import h5py
from rsciio.emd._emd_velox import PRUNE_WARNING, FeiEMDReader
from rsciio.utils._units import convert_units
from rsciio.utils.hdf5 import _parse_sub_data_group_metadata as tree_of

from lims.extractors.rosetta.velox_stream import cube, ensure_channels

logger = logging.getLogger("rsciio.emd")
EELS = "EelsSpectrumImage"


def describe(filename: str, lazy: bool = True) -> list[dict[str, Any]]:
    """The file's signals as RosettaSciIO's dictionaries; each spectrum stream is a StreamCube."""
    reader = Describing(lazy=lazy)
    reader.read_file(h5py.File(filename, "r"))  # stays open: images are read from it later
    found: list[dict[str, Any]] = reader.dictionaries
    return found


def file_reader(filename: str, lazy: bool = False, **options: Any) -> list[dict[str, Any]]:
    """The file's signals with the spectrum images decoded, for HyperSpy, which asks for this by name."""
    reader = Velox(lazy=lazy, **options)
    file = h5py.File(filename, "r")
    try:
        reader.read_file(file)
    finally:
        if not lazy:
            file.close()
    found: list[dict[str, Any]] = reader.dictionaries
    return found


class Velox(FeiEMDReader):  # type: ignore[misc]
    """Differs from its parent in three things.

    A spectrum image has the shape of its own scan and not of the last image's, which may be a survey; its channels are
    checked; an energy-loss cube is lazy where that is asked for, and its axes are in the order of its data.
    """

    d_grp: Any
    spatial_shape: tuple[int, ...]

    def _read_images(self) -> None:
        super()._read_images()
        self.spatial_shape = scan_shape(self.d_grp) or self.spatial_shape

    def _read_spectrum_stream(self) -> None:
        for stream in streams_in(self.d_grp):
            ensure_channels(stream)
        super()._read_spectrum_stream()

    def _read_eels_spectrum_images(self) -> None:
        before, first = self.d_grp, len(self.dictionaries)
        self.d_grp = LazyCubes(before) if self.lazy else before
        try:
            super()._read_eels_spectrum_images()
        finally:
            self.d_grp = before
        for key, dictionary in zip(before[EELS], self.dictionaries[first:], strict=True):
            dictionary["original_metadata"] |= notes_of_cube(before[EELS][key])
            dictionary["axes"] = [
                {key: value for key, value in axis.items() if key != "index_in_array"} for axis in dictionary["axes"]
            ]


class Describing(Velox):
    """Says what a spectrum image is of, and decodes nothing."""

    def _read_spectrum_stream(self) -> None:
        if EELS in self.d_grp:
            self._read_eels_spectrum_images()
        streams = list(streams_in(self.d_grp))
        if not streams:
            logger.warning(PRUNE_WARNING)
            return
        self.detector_name = "EDS"
        data = cube(streams, self.spatial_shape)
        original = tree_of(streams[0]) | self.original_metadata
        self.detector_information = self._get_detector_information(original)
        metadata = self._get_metadata_dict(original)
        metadata["Signal"]["signal_type"] = "EDS_TEM"
        self.dictionaries.append(
            {
                "data": data,
                "axes": self.axes_of_stream(original, data.shape),
                "metadata": metadata,
                "original_metadata": original,
                "mapping": self._get_mapping(parse_individual_EDS_detector_metadata=False),
            }
        )

    def axes_of_stream(self, original: dict[str, Any], shape: tuple[int, ...]) -> list[dict[str, Any]]:
        """As the parent has them: y in the unit that suits x."""
        result = original["BinaryResult"]
        unit, size, offset = result["PixelUnitX"], result["PixelSize"], result["Offset"]
        scale_x, shown = self._convert_scale_units(size["width"], unit, shape[1])
        scale_y = convert_units(float(size["height"]), unit, shown)
        dispersion, energy, energy_unit = self._get_dispersion_offset(original)
        rows = (
            ("y", scale_y, convert_units(float(offset["y"]), unit, shown), shown),
            ("x", scale_x, convert_units(float(offset["x"]), unit, shown), shown),
            ("X-ray energy", dispersion, energy, energy_unit),
        )
        return [
            {"name": name, "scale": scale, "offset": offset, "units": units, "size": length, "navigate": name in "yx"}
            for (name, scale, offset, units), length in zip(rows, shape, strict=True)
        ]


class LazyCubes:
    """The file's Data group, of which energy-loss cubes come as dask arrays."""

    def __init__(self, group: h5py.Group) -> None:
        self.group = group

    def __getitem__(self, path: str) -> Any:
        found = self.group[path]
        is_cube = path.startswith(EELS + "/") and isinstance(found, h5py.Dataset)
        if is_cube:
            return dask.array.from_array(found, chunks=found.chunks or "auto")
        return found


def streams_in(data: h5py.Group) -> Iterator[h5py.Group]:
    """The spectrum streams, one a detector; none in a pruned file."""
    group = data.get("SpectrumStream")
    yield from (group[key] for key in group) if group is not None else ()


def notes_of_cube(group: h5py.Group) -> dict[str, Any]:
    """What stands beside an energy-loss cube and not in its metadata: dispersion, exposure, encoding."""
    notes = {}
    for name in ("AcquisitionMetadata", "Info"):
        if name in group:
            stored = group[name]
            text = stored[0] if stored.ndim == 1 else stored[:, 0].tobytes().rstrip(b"\0")
            notes[name] = json.loads(text)
    return notes


def scan_shape(data: h5py.Group) -> tuple[int, int] | None:
    """(y, x) of the spectrum image: the part of the full scan that was scanned. None where no image agrees."""
    for stream in streams_in(data):
        try:
            scan = tree_of(stream)["Scan"]
            area, size = scan["ScanArea"], scan["ScanSize"]
            height = round((float(area["bottom"]) - float(area["top"])) * int(size["height"]))
            width = round((float(area["right"]) - float(area["left"])) * int(size["width"]))
        except (KeyError, TypeError, ValueError):
            continue
        images = data.get("Image") or {}
        if any(images[key]["Data"].shape[:2] == (height, width) for key in images):
            return height, width
    return None
