"""The components as widgets of a notebook cell or a Voilà page; what they show comes over the kernel's comm."""

from lims.jupyter.widgets.components import (
    FacilityOverview,
    Gallery,
    Lineage,
    RecordBrowser,
    RecordView,
    SessionForm,
)
from lims.jupyter.widgets.connection import prepare
from lims.jupyter.widgets.selection import Selected

__all__ = [
    "FacilityOverview",
    "Gallery",
    "Lineage",
    "RecordBrowser",
    "RecordView",
    "Selected",
    "SessionForm",
    "prepare",
]
