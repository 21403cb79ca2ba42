"""What a history tells: ids of things that the reader does not see are blank in it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Collection as Several
from dataclasses import replace
from typing import Any

from lims.catalog.tables import kind_if_known
from lims.catalog.where import ANY_OF
from lims.model import AuditEntry

Ask = Callable[..., list[dict[str, Any]]]


def blanked(ask: Ask, entries: Sequence[AuditEntry], reader: str) -> list[AuditEntry]:
    """The entries as `reader` may read them; the key of a request is for who made it."""
    entries = [one if one.by == reader else replace(one, request=None) for one in entries]
    mentioned = {one for entry in entries for side in (entry.before, entry.after) for one in ids_in(side)}
    if not mentioned:
        return entries
    seen = ask(f'SELECT "id" FROM visible_thing WHERE "id" IN {ANY_OF}', {"ids": sorted(mentioned)})
    hidden = mentioned - {row["id"] for row in seen}
    return [replace(e, before=without(e.before, hidden), after=without(e.after, hidden)) for e in entries]


def ids_in(value: Any) -> Iterator[str]:
    """Every id in an audited side, however deep."""
    if isinstance(value, Mapping):
        yield from (one for item in value.values() for one in ids_in(item))
    elif isinstance(value, list | tuple):
        yield from (one for item in value for one in ids_in(item))
    elif isinstance(value, str) and kind_if_known(value):
        yield value


def without(value: Any, hidden: Several[str]) -> Any:
    """The same with hidden ids blank, or gone from lists."""
    if isinstance(value, Mapping):
        return {name: without(item, hidden) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(without(item, hidden) for item in value if not (isinstance(item, str) and item in hidden))
    return None if isinstance(value, str) and value in hidden else value
