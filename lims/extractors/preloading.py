"""What a fork server has loaded before it forks, so that no child loads it again."""

import contextlib
import gc
import importlib
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from lims.extractors.extract import extract_file
from lims.extractors.fence.grounds import libraries
from lims.extractors.lean import be_lean
from lims.extractors.outcome import PreviewTarget
from lims.extractors.rosetta.complaints import listening
from lims.plugins import Extractor

SPECTRUM = """#FORMAT: EMSA/MAS Spectral Data File
#VERSION: 1.0
#TITLE: rehearsal
#DATE: 01-OCT-1991
#TIME: 12:00
#NPOINTS: 4.
#NCOLUMNS: 1.
#XUNITS: eV
#YUNITS: counts
#DATATYPE: Y
#XPERCHAN: 1.
#OFFSET: 0.
#SIGNALTYPE: ELS
#SPECTRUM: Spectral Data Starts Here
1., 3., 2., 1.
#ENDOFDATA:
"""


def preload(readers: Sequence[Extractor]) -> None:
    """Load what any file may need, and what is needed only where it is looked for by chance is left out."""
    be_lean()
    import_all(module for reader in readers for module in getattr(reader, "modules", ()))
    rehearse(readers)
    libraries()
    gc.freeze()  # the children share these pages until somebody writes to them


def preload_rare(readers: Sequence[Extractor]) -> None:
    import_all(module for reader in readers for modules in rare_modules(reader).values() for module in modules)
    gc.freeze()


def rare_modules(reader: Extractor) -> Mapping[str, Sequence[str]]:
    """What some files alone need, and what would make each child of all others slower: by the suffix of the file."""
    return getattr(reader, "rare_modules", {})


def rare_suffixes(readers: Sequence[Extractor]) -> frozenset[str]:
    return frozenset(suffix for reader in readers for suffix in rare_modules(reader))


def import_all(modules: Iterable[str]) -> None:
    """A reader whose library is absent fails later, for its own files only."""
    with listening():
        for module in modules:
            with contextlib.suppress(ImportError):
                importlib.import_module(module)


def rehearse(readers: Sequence[Extractor]) -> None:
    """Read and draw an image and a spectrum: what is loaded, compiled or kept at the first one, no child does again."""
    with contextlib.suppress(OSError), tempfile.TemporaryDirectory(prefix="lims-") as place:
        image, spectrum = Path(place) / "image.tif", Path(place) / "spectrum.msa"
        Image.fromarray(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)).save(image)
        spectrum.write_text(SPECTRUM, encoding="ascii")
        for path in (image, spectrum):
            pictures = PreviewTarget(path.with_suffix(".webp"), path.with_suffix(".t.webp"))
            extract_file(path, preview=pictures, readers=readers)
