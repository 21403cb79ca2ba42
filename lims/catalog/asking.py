"""How everything is read: the principal is bound first, and `visibility.py` narrows every table that is named."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from lims.catalog.reader import Reader
from lims.catalog.relations import IN_LAKE, NAMES, PRESENT
from lims.catalog.tables import BY_ROW, table_of
from lims.catalog.visibility import visible
from lims.catalog.where import Conditions, where
from lims.errors import NoSuchThing
from lims.model import Principal

if TYPE_CHECKING:
    from lims.catalog.graph import Graph
    from lims.catalog.search.index import Index

T = TypeVar("T")


class Asking:
    """What one principal may ask, now or at one snapshot."""

    def __init__(
        self,
        principal: Principal,
        reader: Reader,
        base: Mapping[str, str] = PRESENT,
        *,
        snapshot: int | None = None,
        whole: bool = False,
        index: "Callable[[], Index] | None" = None,
        graph: "Graph | None" = None,
    ) -> None:
        """base: what the tables are called (`relations.py`). snapshot: None for now. whole: see `visibility.py`.

        index: gives what is searched, when something is; None inside of a change. graph: the relations of now.
        """
        self.principal = principal
        self._reader = reader
        self._base = base
        self._snapshot = snapshot
        self._whole = whole
        self._index = index
        self._graph = graph

    @property
    def base_in_lake(self) -> Mapping[str, str]:
        """What the tables are called for another process that asks the same."""
        return IN_LAKE if self._snapshot is None else {**self._base, **{name: IN_LAKE[name] for name in NAMES}}

    def _ask(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        about: str = "",
        base: Mapping[str, str] | None = None,
    ) -> list[dict[str, Any]]:
        """base: what the tables are called, where it is not as ever."""
        text = visible(sql, self.principal, base or self._base, whole=self._whole, about=about)
        return self._reader.rows(text, dict(parameters or {}))

    def _read(self, sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Without the rule: only of what the principal has just been found to see."""
        return self._reader.rows(sql.format_map(self._base), dict(parameters))

    def _many(
        self,
        kind: type[T],
        conditions: Conditions,
        order: str,
        *,
        limit: int | None = None,
        source: str = "",
        about: str = "",
    ) -> list[T]:
        table = BY_ROW[kind]
        tail = f" ORDER BY {order}" + (f" LIMIT {int(limit)}" if limit is not None else "")
        found = self._ask(f"SELECT * FROM {source or table.name}{conditions.sql}{tail}", conditions.parameters, about)
        return [table.load(row) for row in found]

    def _one(self, kind: type[T], thing_id: str) -> T:
        found = self._many(kind, where('"id" = $id', id=thing_id), '"id"', limit=1)
        if not found:
            raise NoSuchThing(BY_ROW[kind].name, thing_id)
        return found[0]

    def require(self, thing_id: str) -> None:
        """Raises NoSuchThing unless the principal sees it, Invalid for what is no id."""
        table = table_of(thing_id)
        if not self._ask(f'SELECT 1 FROM {table} WHERE "id" = $id LIMIT 1', {"id": thing_id}):
            raise NoSuchThing(table, thing_id)
