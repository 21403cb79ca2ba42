"""The LIMS in Jupyter: widgets for notebook cells and dashboards, and the server extension that serves the pages.

>>> from lims.jupyter import RecordBrowser
>>> browser = RecordBrowser(query="instrument:titan voltage:>=200kV")
>>> browser
>>> browser.selected[0].open()
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lims.jupyter.widgets import FacilityOverview, Gallery, Lineage, RecordBrowser, RecordView, SessionForm

__all__ = ["FacilityOverview", "Gallery", "Lineage", "RecordBrowser", "RecordView", "SessionForm"]


def __getattr__(name: str) -> Any:
    # The server extension lives below this package and needs no widgets.
    if name in __all__:
        return getattr(import_module("lims.jupyter.widgets"), name)
    raise AttributeError(f"module 'lims.jupyter' has no attribute {name!r}")
