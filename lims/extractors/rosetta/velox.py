"""Velox files with a spectrum stream, where the library that unpacks streams is not installed.

RosettaSciIO reads images and summed spectra first and then gives up; here what it has read by then is kept.
"""

from pathlib import Path
from typing import Any

import h5py
from rsciio.emd._emd_velox import FeiEMDReader


class WithoutStreams(FeiEMDReader):  # type: ignore[misc]
    def _read_data(self, select_type: str | None) -> None:
        try:
            super()._read_data(select_type)
        except ModuleNotFoundError:
            self.is_partial = True


def read_without_streams(path: Path) -> list[dict[str, Any]]:
    reader = WithoutStreams(lazy=True)
    reader.read_file(h5py.File(path, "r"))  # stays open: the images are read from it later
    found: list[dict[str, Any]] = reader.dictionaries
    return found
