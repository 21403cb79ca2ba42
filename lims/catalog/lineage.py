"""What came from what: the graph of relations around one thing, as far as the principal may see it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from lims.catalog.tables import BY_ROW
from lims.model import Dataset, Lineage, LineageEdge, LineageNode, Relation

Direction = Literal["both", "ancestors", "descendants"]
Ask = Callable[..., list[dict[str, Any]]]

# UNION, not UNION ALL: many paths lead to one ancestor, and a circle must end.
_UP = """up AS (SELECT unnest($start::VARCHAR[]) AS "id"
    UNION SELECT r."input" FROM relation r JOIN up ON r."output" = up."id")"""
_DOWN = """down AS (SELECT unnest($start::VARCHAR[]) AS "id"
    UNION SELECT r."output" FROM relation r JOIN down ON r."input" = down."id")"""
_REACHED = {
    "ancestors": f"WITH RECURSIVE {_UP}, reached AS (FROM up)",
    "descendants": f"WITH RECURSIVE {_DOWN}, reached AS (FROM down)",
    "both": f"WITH RECURSIVE {_UP}, {_DOWN}, reached AS (FROM up UNION FROM down)",
}


def reached(ask: Ask, start: Sequence[str], direction: Direction) -> list[str]:
    """The ids of the datasets that can be reached, those of `start` included."""
    rows = ask(f'{_REACHED[direction]} SELECT "id" FROM reached', {"start": list(start)})
    return sorted(row["id"] for row in rows)


def lineage_of(ask: Ask, start: Sequence[str], direction: Direction) -> Lineage:
    """The datasets that can be reached from `start` against, along, or (each way by itself) both ways of the edges."""
    ids = {"ids": reached(ask, start, direction)}
    among = "(SELECT unnest($ids::VARCHAR[]))"
    datasets = ask(f'SELECT * FROM dataset WHERE "id" IN {among} ORDER BY "id"', ids)
    edges = ask(f'SELECT * FROM relation WHERE "output" IN {among} AND "input" IN {among} ORDER BY "id"', ids)
    return Lineage(tuple(map(_node, datasets)), tuple(map(_edge, edges)))


def _node(row: Mapping[str, Any]) -> LineageNode:
    dataset = BY_ROW[Dataset].load(row)
    return LineageNode(
        id=dataset.id,
        kind="dataset",
        name=dataset.name,
        sha256=dataset.sha256,
        format=dataset.format,
        blank=dataset.blank,
        preview_size=dataset.preview_size,
    )


def _edge(row: Mapping[str, Any]) -> LineageEdge:
    relation = BY_ROW[Relation].load(row)
    return LineageEdge(
        from_=relation.input,
        to=relation.output,
        relation=relation.relation,
        params=relation.params,
        source=relation.source,
        run=relation.run,
    )
