"""Running with provenance: notebooks, scripts and programs; watched, closed whatever happens, replayed, renewed."""

from lims.facility.running.how import How
from lims.facility.running.left import close_at
from lims.facility.running.notebooks import run_notebook
from lims.facility.running.scripts import run_script

__all__ = ["How", "close_at", "run_notebook", "run_script"]
