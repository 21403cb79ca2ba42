"""facility.toml: what a site says of itself, read once and checked."""

from lims.settings.load import load_settings
from lims.settings.tables import (
    MAIL_ADDRESS,
    MOST_WORKERS,
    AccessTable,
    AlertsTable,
    HarvestTable,
    MailTable,
    SearchTable,
    Settings,
    SqlTable,
    StoreTable,
)

__all__ = [
    "MAIL_ADDRESS",
    "MOST_WORKERS",
    "AccessTable",
    "AlertsTable",
    "HarvestTable",
    "MailTable",
    "SearchTable",
    "Settings",
    "SqlTable",
    "StoreTable",
    "load_settings",
]
