"""A shot written as the file its instrument would have written, with that vendor's metadata in it."""

from collections.abc import Callable
from pathlib import Path

from lims.demo.formats.emsa import write_emsa
from lims.demo.formats.esprit import write_spx
from lims.demo.formats.gatan import write_dm3
from lims.demo.formats.helios import write_fei_tiff
from lims.demo.formats.serialem import write_mrc
from lims.demo.formats.smartsem import write_zeiss_tiff
from lims.demo.formats.velox import write_velox
from lims.demo.shot import Shot

Writer = Callable[[Path, Shot], None]
WRITERS: dict[str, Writer] = {
    "dm3": write_dm3,
    "emd": write_velox,
    "fei-tif": write_fei_tiff,
    "mrc": write_mrc,
    "msa": write_emsa,
    "spx": write_spx,
    "zeiss-tif": write_zeiss_tiff,
}

__all__ = ["WRITERS", "Writer"]
