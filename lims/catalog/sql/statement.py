"""Whether a text is one SELECT that names the published views and nothing else. Its tree is asked, never its letters.

What this does not know is refused: a kind of node, a function, a name. So a newer DuckDB can say less here, never more.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import duckdb

from lims.catalog.sql.functions import COMPUTING, MAKING_ROWS
from lims.catalog.sql.published import VIEWS
from lims.errors import Invalid

VIEWS_HINT = f"There are: {', '.join(sorted(VIEWS))}. docs/reference/sql says what is in them."
FUNCTIONS_HINT = "Functions that compute are there (sum, date_trunc, list_filter, …); see docs/reference/sql."

NO_PARAMETERS = "Write values into it, instead of ? or $name."
EXPRESSIONS = {
    "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "LAMBDA",
    "LAMBDA_REF", "OPERATOR", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY", "TYPE", "WINDOW",
}  # fmt: skip
SOURCES = {"BASE_TABLE", "EMPTY", "EXPRESSION_LIST", "JOIN", "PIVOT", "SHOW_REF", "SUBQUERY", "TABLE_FUNCTION"}
OTHERS = {
    "SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE",
    "ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER",
    "ASCENDING", "DESCENDING", "ORDER_DEFAULT",
}  # fmt: skip
"""Queries, what stands at their end, and orders."""
DESCRIBING = frozenset({"DESCRIBE", "SUMMARY"})
TOO_DEEP = re.compile("memory exhausted|expression depth")
PLAIN_NAME = re.compile(r"\w{1,100}")


def read_statement(connection: duckdb.DuckDBPyConnection, text: str) -> frozenset[str]:
    """The views that a statement names. Raises Invalid, with one sentence, for all that is not to be run.

    connection: one on which nothing was made yet. Nothing of the statement is run, nor any name looked up.
    """
    nodes = list(nodes_of(tree_of(connection, text)))
    own = own_names(nodes, taken_names(connection))
    for node in nodes:
        check(node, own)
    named = {str(node["table_name"]).lower() for node in nodes if node.get("type") == "BASE_TABLE"}
    return frozenset(named & VIEWS.keys())


def tree_of(connection: duckdb.DuckDBPyConnection, text: str) -> dict[str, Any]:
    try:
        found = connection.execute("SELECT json_serialize_sql($text)", {"text": text}).fetchall()[0][0]
        told = json.loads(found)
    except (RecursionError, duckdb.Error) as error:
        raise too_deep() from error
    if told["error"] and told.get("error_type") != "parser":
        raise Invalid(
            "Only one SELECT can be asked; nothing can be changed, set, attached or loaded here.",
            hint=NO_PARAMETERS if "?" in text or "$" in text else VIEWS_HINT,
        )
    if told["error"] and TOO_DEEP.search(told["error_message"]):
        raise too_deep()
    if told["error"]:
        said = f"{told['error_message']}{place_of(told)}"
        raise Invalid(f"The statement cannot be read: {said}.", hint="It is DuckDB's SQL.")
    statements = told["statements"]
    if len(statements) != 1:
        said = f"There are {len(statements)} statements" if statements else "There is no statement"
        raise Invalid(f"{said}.", hint="Ask one SELECT at a time.")
    return dict(statements[0])


def too_deep() -> Invalid:
    return Invalid("The statement is nested too deeply.", hint="Name its parts: WITH part AS (SELECT …)")


def place_of(told: dict[str, Any]) -> str:
    return f" (character {int(told['position']) + 1})" if str(told.get("position", "")).isdigit() else ""


def nodes_of(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object in the tree. Without recursion: how deep it is, a stranger has decided."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def taken_names(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """What DuckDB has by itself under plain names, such as its own list of tables."""
    sql = "SELECT lower(view_name) FROM duckdb_views() UNION SELECT lower(table_name) FROM duckdb_tables()"
    return frozenset(name for (name,) in connection.execute(sql).fetchall())


def own_names(nodes: list[dict[str, Any]], taken: frozenset[str]) -> frozenset[str]:
    """The names that the statement gives to parts of itself (WITH name AS …).

    Where such a name is known does not matter, since none may be one that would mean something else elsewhere.
    """
    own = {str(entry["key"]) for node in nodes for entry in node.get("cte_map", {}).get("map", ())}
    own |= {str(node["cte_name"]) for node in nodes if "cte_name" in node}
    for name in own:
        if not PLAIN_NAME.fullmatch(name) or name.lower() in taken or name.lower().startswith("seen_"):
            raise Invalid(f"A part of a statement cannot have the name {name[:100]!r}.", hint="Give it another one.")
    return frozenset(name.lower() for name in own)


def check(node: dict[str, Any], own: frozenset[str]) -> None:
    kind, group = node.get("type"), node.get("class")
    if group is not None:
        check_expression(node, str(group))
    elif isinstance(kind, str) and kind not in OTHERS and not kind.endswith("_TYPE_INFO"):
        check_source(node, kind, own)


def check_expression(node: dict[str, Any], group: str) -> None:
    if group == "PARAMETER":
        raise Invalid("A statement has no parameters.", hint=NO_PARAMETERS)
    if group not in EXPRESSIONS:
        raise Invalid(f"{group} cannot be used here.", hint=FUNCTIONS_HINT)
    if "function_name" in node and not may_call(node, COMPUTING | MAKING_ROWS):
        raise Invalid(f"The function {named(node)} cannot be called here.", hint=FUNCTIONS_HINT)


def check_source(node: dict[str, Any], kind: str, own: frozenset[str]) -> None:
    """kind: of what stands after FROM, or of something unknown."""
    if kind not in SOURCES:
        raise Invalid(f"{kind} cannot be used here.", hint=VIEWS_HINT)
    if kind == "TABLE_FUNCTION" and not may_call(node["function"], MAKING_ROWS):
        raise Invalid(f"{named(node['function'])} cannot stand after FROM.", hint=VIEWS_HINT)
    if kind == "SHOW_REF" and (node.get("show_type") not in DESCRIBING or node.get("query") is None):
        raise Invalid("Only a view or a SELECT can be described.", hint=VIEWS_HINT)
    if kind == "BASE_TABLE":
        check_name(node, own)


def check_name(node: dict[str, Any], own: frozenset[str]) -> None:
    name = str(node["table_name"])
    whole = ".".join(part for part in (node["catalog_name"], node["schema_name"], name) if part)
    if whole != name or name.lower() not in VIEWS.keys() | own:
        raise Invalid(f"There is no view {whole[:200]!r}.", hint=VIEWS_HINT)
    if node.get("at_clause") is not None:
        raise Invalid("AT cannot be used here.", hint="Ask the whole statement as of a time: sql(…, as_of=…), --as-of")


def may_call(function: dict[str, Any], allowed: frozenset[str]) -> bool:
    """Schema main is what the parser itself writes for lists; nobody can have made a function there."""
    is_plain = function.get("schema", "") in ("", "main") and not function.get("catalog", "")
    return is_plain and str(function.get("function_name", "")).lower() in allowed


def named(function: dict[str, Any]) -> str:
    parts = (function.get("catalog", ""), function.get("schema", ""), function.get("function_name", "?"))
    return ".".join(str(part) for part in parts if part)[:200]
