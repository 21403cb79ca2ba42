"""The query language, parsed. The only parser of it: everything that takes a query hands it here.

    query  = and { OR and }
    and    = item { item }                        also with AND between them
    item   = [ - | NOT ] ( "(" query ")" | field:value | "phrase" | word )
    value  = "(" values with OR ")"  |  [ >= | <= | > | < | = ] text  |  text..text  |  text..  |  ..text
    text   = characters up to a blank or bracket  |  "any characters"

A field is a name, a vendor's path (dots, wildcards), or, where it has blanks, "in quotes": before the colon.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from lims.errors import Invalid

Operator = Literal["", ">=", "<=", ">", "<", "=", ".."]


class BadQuery(Invalid):
    """The query cannot be understood. what: without the place; position: of the character where, counted from 0."""

    def __init__(self, message: str, position: int, *, hint: str = "") -> None:
        super().__init__(f"{message} at character {position + 1} of the query.", hint=hint)
        self.what = message
        self.position = position


@dataclass(frozen=True)
class Word:
    """Free text, looked for anywhere. is_quoted: the words as they stand, and not the beginnings of longer ones."""

    text: str
    at: int
    is_quoted: bool = False


@dataclass(frozen=True)
class Term:
    """field:value. text: the value, or the lower end of a range, whose upper end is `upper`; "" is an open end."""

    field: str
    operator: Operator
    text: str
    at: int
    value_at: int
    upper: str = ""
    is_quoted: bool = False


@dataclass(frozen=True)
class Not:
    node: "Node"


@dataclass(frozen=True)
class All:
    """Every one of them; of none, everything."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True)
class Any:
    nodes: tuple["Node", ...]


Node = Word | Term | Not | All | Any

_BLANK = re.compile(r"\s*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_FIELD = re.compile(r"[^\W\d][\w.*\[\]/#-]*(?=:)|[*][\w.*\[\]/#-]*(?=:)")
_OPERATOR = re.compile(r">=|<=|>|<|=|")
_TEXT = re.compile(r'[^\s()"]+')
_WORD = re.compile(r'[^\s()"]+')
_KEYWORD = re.compile(r"(AND|OR|NOT)(?=[\s()\"-]|$)")
_RANGE = re.compile(r"(.*?)\.\.(.*)", re.DOTALL)
DEEPEST = 50
LONGEST = 4_000


def parse(query: str) -> Node:
    """Raises BadQuery, which says where and what."""
    if len(query) > LONGEST:
        raise BadQuery(f"The query is longer than {LONGEST} characters", LONGEST)
    return _Parser(query).whole()


class _Parser:
    def __init__(self, query: str) -> None:
        self.query = query
        self.at = 0
        self.depth = 0

    def whole(self) -> Node:
        node = self.either()
        if self.at < len(self.query):
            raise BadQuery("This ) closes nothing", self.at, hint='Take it away, or quote it: ")".')
        return node

    def either(self) -> Node:
        nodes = [self.every()]
        while self.keyword("OR"):
            nodes.append(self.every(after="OR"))
        return nodes[0] if len(nodes) == 1 else Any(tuple(nodes))

    def every(self, after: str = "") -> Node:
        start, nodes = self.at, []
        while not self.is_end():
            if self.keyword("AND"):
                self.expect_more("AND")
            nodes.append(self.item())
        if not nodes and (after or self.peek_keyword("OR")):
            raise BadQuery(f"Nothing stands {'after' if after else 'before'} OR", start, hint='To find the word: "OR".')
        return nodes[0] if len(nodes) == 1 else All(tuple(nodes))

    def item(self) -> Node:
        if self.keyword("NOT") or self.minus():
            self.expect_more("NOT")
            with self.deeper():
                return Not(self.item())
        if self.query[self.at] == "(":
            return self.bracket()
        return self.quoted() or self.named() or self.word()

    def bracket(self) -> Node:
        opened = self.at
        self.at += 1
        with self.deeper():
            node = self.either()
        self.blank()
        if self.query[self.at : self.at + 1] != ")":
            raise BadQuery("This ( is never closed: add )", opened)
        self.at += 1
        return node

    def quoted(self) -> Node | None:
        start = self.at
        if self.query[start] != '"':
            return None
        text = self.quotation()
        if self.query[self.at : self.at + 1] == ":":
            self.at += 1
            return self.value(text, start)
        return Word(text, start, is_quoted=True)

    def named(self) -> Node | None:
        found = _FIELD.match(self.query, self.at)
        if not found:
            return None
        start, self.at = self.at, found.end() + 1
        return self.value(found.group(), start)

    def value(self, field: str, start: int) -> Node:
        if self.query[self.at : self.at + 1] == "(":
            return _each(field, self.bracket())
        found = _OPERATOR.match(self.query, self.at)
        operator = found.group() if found else ""
        self.at += len(operator)
        value_at = self.at
        if self.query[self.at : self.at + 1] == '"':
            return Term(field, operator, self.quotation(), start, value_at, is_quoted=True)  # type: ignore[arg-type]
        text = self.take(_TEXT)
        if not text:
            raise BadQuery(
                f"A value is missing after {field}:{operator}",
                value_at,
                hint="Write it without a blank between, or in quotes.",
            )
        term = Term(field, operator, text, start, value_at)  # type: ignore[arg-type]
        return term if operator else _as_range(term)

    def word(self) -> Node:
        start = self.at
        return Word(self.take(_WORD), start)

    def quotation(self) -> str:
        found = _QUOTED.match(self.query, self.at)
        if not found:
            raise BadQuery("This quotation is never closed: add a quotation mark", self.at)
        self.at = found.end()
        return re.sub(r"\\(.)", r"\1", found.group(1), flags=re.DOTALL)

    @contextmanager
    def deeper(self) -> Iterator[None]:
        self.depth += 1
        if self.depth > DEEPEST:
            raise BadQuery("Too many brackets inside each other", self.at)
        yield
        self.depth -= 1

    # --- small steps ---------------------------------------------------------------------------------------------

    def take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.query, self.at)
        self.at = found.end() if found else self.at
        return found.group() if found else ""

    def blank(self) -> None:
        self.take(_BLANK)

    def minus(self) -> bool:
        """A minus before something negates it; one that stands alone or inside a word is a letter like any other."""
        if not re.match(r'-[^\s)"-]|-"', self.query[self.at : self.at + 2]):
            return False
        self.at += 1
        return True

    def peek_keyword(self, word: str) -> bool:
        found = _KEYWORD.match(self.query, self.at)
        return bool(found) and found.group(1) == word  # type: ignore[union-attr]

    def keyword(self, word: str) -> bool:
        self.blank()
        if not self.peek_keyword(word):
            return False
        self.at += len(word)
        self.blank()
        return True

    def is_end(self) -> bool:
        self.blank()
        return self.at >= len(self.query) or self.query[self.at] == ")" or self.peek_keyword("OR")

    def expect_more(self, word: str) -> None:
        start = self.at
        if self.is_end():
            raise BadQuery(f"Nothing stands after {word}", start, hint=f'To find the word: "{word}".')


def _each(field: str, node: Node) -> Node:
    """field:(a OR b) is field:a OR field:b."""
    if isinstance(node, Word):
        return Term(field, "", node.text, node.at, node.at, is_quoted=True)
    if isinstance(node, Not):
        return Not(_each(field, node.node))
    if isinstance(node, Term):
        raise BadQuery(f"Inside {field}:( ) stand values, not fields", node.at)
    return type(node)(tuple(_each(field, one) for one in node.nodes))


def _as_range(term: Term) -> Term:
    found = _RANGE.fullmatch(term.text)
    if not found or not any(found.groups()):
        return term
    return replace(term, operator="..", text=found.group(1), upper=found.group(2))
