from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class AuditEntry:
    """One change: who did what to which thing, and what it was before. Kept forever."""

    id: str
    at: datetime
    by: str
    action: str
    kind: str
    thing: str
    before: dict[str, object] | None
    after: dict[str, object] | None
    request: str | None = None
