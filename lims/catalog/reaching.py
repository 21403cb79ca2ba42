"""What came from what, asked in SQL: inside of a change and of the past, where no graph is in memory (`graph.py`)."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

Ask = Callable[..., list[dict[str, Any]]]
End = Literal["output", "input"]
"""Where an edge is taken hold of: at its output on the way to ancestors, at its input on the way to descendants."""

# UNION, not UNION ALL: many paths lead to one ancestor, and a circle must end.
_EDGE = """edge AS (SELECT "input", "output" FROM relation WHERE coalesce("settled", '') <> 'rejected')"""
_REACHED = f"""WITH RECURSIVE {_EDGE}, reached AS (SELECT unnest($start::VARCHAR[]) AS "id"
  UNION SELECT e."{{other}}" FROM edge e JOIN reached r ON e."{{end}}" = r."id") SELECT "id" FROM reached ORDER BY 1"""
_BETWEEN = """SELECT "id" FROM relation WHERE "output" IN (SELECT unnest($ids::VARCHAR[]))
  AND "input" IN (SELECT unnest($ids::VARCHAR[])) AND coalesce("settled", '') <> 'rejected' ORDER BY 1"""


def reached(ask: Ask, start: Sequence[str], end: End) -> list[str]:
    """The ids of the datasets that can be reached, those of `start` included."""
    sql = _REACHED.format(end=end, other="input" if end == "output" else "output")
    return [row["id"] for row in ask(sql, {"start": list(start)})]


def between(ask: Ask, datasets: Sequence[str]) -> list[str]:
    """The ids of the relations that begin and end at one of these."""
    return [row["id"] for row in ask(_BETWEEN, {"ids": list(datasets)})]
