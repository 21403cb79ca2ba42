"""The shape that the catalog is in, and its index: looked at, compared, made anew. Of the staff alone.

How much everybody has together, and which datasets there are, may be known to nobody else; and each of these takes long
enough that only who is responsible should ask.
"""

from lims.access import check_is_staff
from lims.facility.desk import Desk
from lims.facility.operations.registry import operation
from lims.model import CatalogStatus, IndexCheck, Principal, Progress, Rebuilt


@operation
def catalog_status(desk: Desk, principal: Principal) -> CatalogStatus:
    """What the catalog holds, where it lies, which states of the past are kept, how its upkeep goes.

    For staff: it counts everybody's rows.
    """
    check_is_staff(principal, "see the whole catalog's state")
    return desk.catalog.condition()


@operation
def catalog_progress(desk: Desk, principal: Principal) -> list[Progress]:
    """How far a verification or a rebuild of the index is; none where none runs. For staff."""
    check_is_staff(principal, "see how far the index is")
    now = desk.catalog.progress
    return [now] if now else []


@operation
def rebuild_index(desk: Desk, principal: Principal) -> Rebuilt:
    """Make everything that is searched anew from the datasets and what was read of them. For staff.

    Whoever asks meanwhile is answered by the old index; whoever writes waits until it is done.
    """
    check_is_staff(principal, "make the index anew")
    return desk.catalog.rebuild_index()


@operation
def verify_index(desk: Desk, principal: Principal) -> IndexCheck:
    """Compare what is searched, in tables and in memory, with all datasets; says what differs. For staff.

    It changes nothing. What differs is mended by `rebuild_index`.
    """
    check_is_staff(principal, "compare the index of all datasets")
    return desk.catalog.verify_index()
