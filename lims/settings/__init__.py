"""facility.toml: what a site says of itself, read once and checked."""

from lims.settings.load import load_settings
from lims.settings.tables import MOST_WORKERS, AccessTable, HarvestTable, Settings, SqlTable, StoreTable

__all__ = ["MOST_WORKERS", "AccessTable", "HarvestTable", "Settings", "SqlTable", "StoreTable", "load_settings"]
