"""What every pass works with."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from lims.catalog import Catalog
from lims.extractors import Pool
from lims.harvest.prefixes import Prefixes
from lims.harvest.scope import Ground
from lims.harvest.settling import Settling
from lims.stores import Store


@dataclass
class Tools:
    """all_grounds: of every instrument. stop: set when the pass under way shall end between two files.

    looking_s: how long all looking at stores has taken.
    built_at: {session: the catalog's snapshot when its record was last built}, to spare what cannot have changed.
    """

    catalog: Catalog
    stores: dict[str, Store]
    all_grounds: tuple[Ground, ...]
    previews: Path
    pool: Pool
    settling: Settling
    stop: threading.Event
    built_at: dict[str, int] = field(default_factory=dict)
    looking_s: float = 0.0
    prefixes: Prefixes = field(default_factory=Prefixes)
