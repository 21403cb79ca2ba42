"""What every operation works with: the opened parts of one facility."""

from dataclasses import dataclass
from pathlib import Path

from lims.catalog import Catalog
from lims.extractors import Pool
from lims.harvest import Harvester
from lims.settings import Settings
from lims.stores import Store


@dataclass(frozen=True)
class Desk:
    """uploads: where a file waits between its upload and the operation that takes it."""

    settings: Settings
    catalog: Catalog
    stores: dict[str, Store]
    harvester: Harvester
    pool: Pool
    previews: Path
    uploads: Path
