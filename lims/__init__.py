"""jupyter-lims: sessions, files, metadata and provenance of an electron-microscopy facility, inside Jupyter.

>>> import lims
>>> facility = lims.connect()
>>> eve = lims.open("dat-4k7m2q9x0t")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lims.facility.connect import connect
    from lims.facility.workbench import open, save

__all__ = ["connect", "open", "save"]
__version__ = "0.1.0"

# Imported on first use: `import lims` has to stay cheap in every kernel and every command.
HOMES = {"connect": "lims.facility.connect", "open": "lims.facility.workbench", "save": "lims.facility.workbench"}


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext lims`: from now on what is opened and saved in this notebook is kept as a run."""
    import_module("lims.jupyter.kernel.extension").load(shell)


def unload_ipython_extension(shell: Any) -> None:
    import_module("lims.jupyter.kernel.extension").unload(shell)


def __getattr__(name: str) -> Any:
    if name in HOMES:
        return getattr(import_module(HOMES[name]), name)
    raise AttributeError(f"module 'lims' has no attribute {name!r}")
