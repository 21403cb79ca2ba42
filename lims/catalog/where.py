"""WHERE clauses that grow with what was asked."""

from datetime import datetime
from typing import Any

from lims.catalog import codec

Window = tuple[datetime, datetime]
ANY_OF = "(SELECT unnest($ids::VARCHAR[]))"


class Conditions:
    """A WHERE clause that grows: what is None does not narrow."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.parameters: dict[str, Any] = {}

    def add(self, text: str, **parameters: Any) -> "Conditions":
        if all(value is not None for value in parameters.values()):
            self.texts.append(text)
            self.parameters |= {name: storable(value) for name, value in parameters.items()}
        return self

    def overlap(self, window: Window | None) -> "Conditions":
        """Half-open windows: what ends where the other begins does not overlap."""
        if window:
            self.add('"start" < $until AND coalesce("end" > $since, true)', since=window[0], until=window[1])
        return self

    @property
    def sql(self) -> str:
        return f" WHERE {' AND '.join(self.texts)}" if self.texts else ""


def storable(value: Any) -> Any:
    """What a person typed as it would stand in a table, which can hold no lone surrogates."""
    if isinstance(value, str):
        return codec.to_text(value)
    return [storable(one) for one in value] if isinstance(value, list) else value


def where(text: str = "", **parameters: Any) -> Conditions:
    conditions = Conditions()
    return conditions.add(text, **parameters) if text else conditions
