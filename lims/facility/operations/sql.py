"""SQL of people: read-only, over the published views, of what they may see."""

from datetime import datetime

from lims.errors import Invalid
from lims.facility.desk import Desk
from lims.facility.operations.registry import operation
from lims.facility.sql.running import Job
from lims.facility.views import Content
from lims.facility.waiting import ASKER_IS_GONE
from lims.model import Principal

LONGEST = 50_000
ARROW = "application/vnd.apache.arrow.stream"


@operation
def sql(
    desk: Desk, principal: Principal, statement: str, as_of: int | datetime | None = None, limit: int = 1_000_000
) -> Content:
    """The rows of one SELECT over the published views, as an Arrow IPC stream.

    as_of: the catalog's snapshot number, or a time, at which to ask. limit: an answer of more rows is refused.
    """
    if len(statement) > LONGEST:
        raise Invalid(f"The statement has more than {LONGEST:,} characters.", hint="Ask for less at a time.")
    if not statement.isascii() and any("\ud800" <= letter <= "\udfff" for letter in statement):
        raise Invalid("The statement holds half a character.", hint="Type it again, instead of copying it.")
    base = desk.catalog.view(principal, as_of).base_in_lake
    rows = desk.statements.answer(Job(statement, principal, base, limit), ASKER_IS_GONE.get())
    return Content(ARROW, "rows.arrow", data=rows)
