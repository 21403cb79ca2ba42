"""Everything the LIMS can be asked to do: one typed function each, the same for every front door.

HTTP routes, the remote client, the widgets' messages and the TypeScript types all come from OPERATIONS.
"""

from lims.facility.operations import (  # noqa: F401  (importing registers them)
    attention,
    comparing,
    corrections,
    datasets,
    derived,
    finding,
    harvest,
    imports,
    place,
    records,
    replays,
    runs,
    searches,
    sessions,
    settling,
    sql,
    tracing,
    upkeep,
)
from lims.facility.operations.registry import OPERATIONS, Operation

__all__ = ["OPERATIONS", "Operation"]
