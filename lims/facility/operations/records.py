"""One record, and tags."""

from datetime import datetime

from lims.facility.assemble import record_view
from lims.facility.desk import Desk
from lims.facility.operations.registry import operation
from lims.facility.views import RecordView
from lims.model import Principal


@operation
def record(desk: Desk, principal: Principal, record: str, as_of: int | datetime | None = None) -> RecordView:
    """One record: session, reservation, activities, datasets, notes."""
    return record_view(desk.catalog.view(principal, as_of), record)


@operation
def add_tag(desk: Desk, principal: Principal, thing: str, tag: str) -> list[str]:
    """Put a tag on a record or dataset; answers with all its tags."""
    return desk.catalog.write(lambda change: change.tag(thing, tag), by=principal)


@operation
def remove_tag(desk: Desk, principal: Principal, thing: str, tag: str) -> list[str]:
    """Take a tag off; answers with the tags that remain."""
    return desk.catalog.write(lambda change: change.untag(thing, tag), by=principal)
