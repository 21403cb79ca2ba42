"""The tables and every SQL statement. `Catalog.write` changes them, `Catalog.view` reads them as somebody."""

from lims.catalog.catalog import Catalog
from lims.catalog.transaction import Transaction
from lims.catalog.view import View

__all__ = ["Catalog", "Transaction", "View"]
