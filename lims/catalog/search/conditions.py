"""From the parsed query to SQL: one condition on a file `f`, one on a record `e`.

Free text describes the whole of a record: each word may stand in its session or in any of its files. Fields of files
that stand together describe one file: `format:dm3 voltage:>=200kV` finds records with a file that is both.
`-x` finds records in which nothing is x.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lims.catalog.leaves import fold
from lims.catalog.lineage import reached
from lims.catalog.search.fields import FIELDS, Field, canonical
from lims.catalog.search.grammar import All, Any, BadQuery, Node, Not, Term, Word
from lims.catalog.search.matching import (
    Parameters,
    during,
    folded,
    number_matches,
    sure,
    text_matches,
    time_matches,
)
from lims.catalog.search.names import Ask, Leaves, Names, Normalised
from lims.catalog.search.quantities import number_in
from lims.catalog.search.times import window_of
from lims.catalog.where import storable

MANY = frozenset({"people", "key", "sha256"})
STATES = ("open", "building", "complete", "attention", "cancelled")
OF_FILES = {
    "raw": "f.\"kind\" = 'raw'",
    "derived": "f.\"kind\" = 'derived'",
    "orphan": """f."session" IS NULL AND f."owner" IS NULL AND f."id" NOT IN
        (SELECT "thing" FROM settlement WHERE "about" = 'home')""",
    "failed": 'f."status" = \'failed\' OR f."id" IN (SELECT "dataset" FROM step WHERE "state" = \'failed\')',
    "missing": "f.\"status\" = 'missing'",
    "blank": "f.\"blank\" <> ''",
}
HAS_OF_FILES = {
    "preview": 'f."preview_size" IS NOT NULL',
    "metadata": 'f."id" IN (SELECT "dataset" FROM document)',
    "session": 'f."session" IS NOT NULL',
    "companions": 'len(f."companions") > 0',
    "parents": 'f."id" IN (SELECT "output" FROM relation)',
    "children": 'f."id" IN (SELECT "input" FROM relation)',
}
HAS_OF_SESSIONS = {
    "notes": "{}.\"notes\" <> ''",
    "project": '{}."project" IS NOT NULL',
    "sample": '{}."sample" IS NOT NULL',
    "reservation": '{}."reservation" IS NOT NULL',
    "people": 'len({}."people") > 0',
}
FILES_OF = 'e."session" IN (SELECT f."session" FROM file f WHERE f."session" IS NOT NULL AND {})'


@dataclass
class Conditions:
    """Both conditions of one query, and the parameters they use. ask: reads what the principal may see."""

    ask: Ask
    parameters: Parameters = field(default_factory=Parameters)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self.names = Names(self.ask)

    def on_file(self, node: Node) -> str:
        if isinstance(node, Word):
            return self._word_in_file(node)
        if isinstance(node, Term):
            return self._term(node, "f")
        if isinstance(node, Not):
            return f"NOT ({self.on_file(node.node)})"
        joint = " AND " if isinstance(node, All) else " OR "
        return "(" + (joint.join(self.on_file(one) for one in node.nodes) or "true") + ")"

    def on_record(self, node: Node) -> str:
        if isinstance(node, Word):
            return self._word_in_record(node)
        if isinstance(node, Term):
            return self._term(node, "e")
        if isinstance(node, Not):
            return f"NOT ({self.on_record(node.node)})"
        if isinstance(node, Any):
            return "(" + " OR ".join(self.on_record(one) for one in node.nodes) + ")"
        return self._all_on_record(node)

    def _all_on_record(self, node: All) -> str:
        of_one_file = [one for one in node.nodes if isinstance(one, Term) and self._is_of_files(one)]
        texts = [self.on_record(one) for one in node.nodes if one not in of_one_file]
        if of_one_file:
            texts.append(sure(FILES_OF.format(" AND ".join(self.on_file(one) for one in of_one_file))))
        return "(" + (" AND ".join(texts) or "true") + ")"

    # --- free text -----------------------------------------------------------------------------------------------

    def _word_in_file(self, word: Word) -> str:
        text = self.parameters.add(fold(word.text))
        return sure(f"""({self._own_text(text)}
            OR f."session" IN (SELECT "session" FROM told WHERE contains("text", {text})))""")

    def _word_in_record(self, word: Word) -> str:
        text = self.parameters.add(fold(word.text))
        return sure(f"""(contains({folded('e."title"')}, {text}) OR e."id" = {text}
            OR e."session" IN (SELECT "session" FROM told WHERE contains("text", {text}))
            OR e."id" IN (SELECT "thing" FROM tag WHERE contains({folded('"tag"')}, {text}))
            OR {FILES_OF.format(self._own_text(text))})""")

    def _own_text(self, text: str) -> str:
        """What a file itself says: its names, kind, vendor's values and tags."""
        names = """concat_ws(' ', f."key", array_to_string(f."companions", ' '), f."format")"""
        return f"""(contains({folded(names)}, {text}) OR f."id" = {text}
            OR f."id" IN (SELECT "dataset" FROM haystack WHERE contains("text", {text}))
            OR f."id" IN (SELECT "dataset" FROM normalised WHERE contains({folded('"text"')}, {text}))
            OR f."id" IN (SELECT "thing" FROM tag WHERE contains({folded('"tag"')}, {text})))"""

    # --- field:value ---------------------------------------------------------------------------------------------

    def _is_of_files(self, term: Term) -> bool:
        """Whether a record has the field only through its files."""
        name = canonical(term.field)
        if name in ("after", "before", "during", "has", "is"):
            return False
        return name not in FIELDS or not FIELDS[name].record

    def _term(self, term: Term, of: str) -> str:
        special: dict[str, Callable[[Term, str], str]] = {
            "after": self._when,
            "before": self._when,
            "during": self._when,
            "is": self._is,
            "has": self._has,
            "derived-from": self._derived_from,
        }
        name = canonical(term.field)
        if name in special:
            return special[name](term, of)
        if of == "e" and self._is_of_files(term):
            return sure(FILES_OF.format(self._term(term, "f")))
        meaning = self.names.meaning(term.field, term.at)
        if isinstance(meaning, Field):
            return self._field(meaning, term, of)
        if isinstance(meaning, Normalised):
            return self._normalised(meaning, term)
        return self._leaves(meaning, term)

    def _field(self, meaning: Field, term: Term, of: str) -> str:
        expression = meaning.file if of == "f" else meaning.record
        if meaning.kind == "tag":
            return self._tag(term, of)
        if meaning.kind == "number":
            return number_matches(expression, term, meaning.unit, self.parameters)
        if meaning.kind == "time":
            return time_matches(expression, expression if of == "f" else END, term, self.now, self.parameters)
        condition = text_matches(expression, term, self.parameters, many=meaning.name in MANY)
        if meaning.name == "instrument":
            named = text_matches('"name"', term, self.parameters)
            condition = f"({condition} OR {sure(f'{expression} IN (SELECT id FROM instrument WHERE {named})')})"
        if of == "e" and meaning.name in ("name", "id"):
            return f"({condition} OR {sure(FILES_OF.format(self._field(meaning, term, 'f')))})"
        return condition

    def _tag(self, term: Term, of: str) -> str:
        matching = f'(SELECT "thing" FROM tag WHERE {text_matches(chr(34) + "tag" + chr(34), term, self.parameters)})'
        if of == "f":
            return sure(f'f."id" IN {matching}')
        return sure(f"""(e."id" IN {matching} OR e."session" IN {matching}
            OR {FILES_OF.format(f'f."id" IN {matching}')})""")

    def _normalised(self, meaning: Normalised, term: Term) -> str:
        name = self.parameters.add(meaning.name)
        if meaning.unit is None:
            condition = text_matches('"text"', term, self.parameters)
        else:
            condition = number_matches('"number"', term, meaning.unit, self.parameters)
        return sure(f"""f."id" IN (SELECT "dataset" FROM normalised WHERE "field" = {name} AND {condition})""")

    def _leaves(self, meaning: Leaves, term: Term) -> str:
        """A vendor's own numbers carry no unit: they are compared as they are written."""
        keys = self.parameters.add(list(meaning.keys))
        if term.operator in ("", "="):
            condition = text_matches('"text"', term, self.parameters)
            if not term.is_quoted and _is_number(term.text):
                condition = f"({condition} OR {number_matches(NUMBER, term, '', self.parameters)})"
        else:
            condition = number_matches(NUMBER, term, "", self.parameters)
        among = f'"key" IN (SELECT unnest({keys}::VARCHAR[]))'
        return sure(f'f."id" IN (SELECT "dataset" FROM leaf WHERE {among} AND {condition})')

    # --- what has a word of its own ------------------------------------------------------------------------------

    def _when(self, term: Term, of: str) -> str:
        """after: from the beginning of that day; before: up to its beginning; during: within it."""
        self._no_operator(term)
        first, last = window_of(term.text, at=term.value_at, now=self.now)
        start, end = ("f.moment", "f.moment") if of == "f" else ('e."start"', END)
        name = canonical(term.field)
        if name == "after":
            return during(start, start, first, None, self.parameters)
        if name == "before":
            return during(start, end, None, first, self.parameters)
        return during(start, end, first, last, self.parameters)

    def _is(self, term: Term, of: str) -> str:
        self._no_operator(term)
        word = term.text.lower()
        if word in STATES:
            return sure(f'{of}."state" = {self.parameters.add(word)}')
        if word not in OF_FILES:
            known = ", ".join((*OF_FILES, *STATES))
            raise BadQuery(f"Nothing is {term.text!r}", term.value_at, hint=f"Known are: {known}.")
        condition = sure(f"({OF_FILES[word]})")
        return condition if of == "f" else sure(FILES_OF.format(condition))

    def _has(self, term: Term, of: str) -> str:
        self._no_operator(term)
        word = canonical(term.text)
        if word in HAS_OF_SESSIONS:
            return sure(HAS_OF_SESSIONS[word].format(of))
        if of == "e" and word != "tag":
            return sure(FILES_OF.format(self._has(term, "f")))
        if word == "tag":
            own = f'{of}."id" IN (SELECT "thing" FROM tag)'
            files = FILES_OF.format('f."id" IN (SELECT "thing" FROM tag)')
            return sure(own if of == "f" else f"({own} OR {files})")
        return sure(HAS_OF_FILES[word]) if word in HAS_OF_FILES else self._has_value(term)

    def _has_value(self, term: Term) -> str:
        meaning = self.names.meaning(term.text, term.value_at)
        if isinstance(meaning, Field):
            return f"{meaning.file} IS NOT NULL"
        if isinstance(meaning, Normalised):
            return f'f."id" IN (SELECT "dataset" FROM normalised WHERE "field" = {self.parameters.add(meaning.name)})'
        keys = self.parameters.add(list(meaning.keys))
        return f'f."id" IN (SELECT "dataset" FROM leaf WHERE "key" IN (SELECT unnest({keys}::VARCHAR[])))'

    def _derived_from(self, term: Term, of: str) -> str:
        """All that was made from a dataset, over any number of steps; not the dataset itself."""
        self._no_operator(term)
        found = [one for one in reached(self.ask, [storable(term.text)], "descendants") if one != term.text]
        condition = sure(f'f."id" IN (SELECT unnest({self.parameters.add(found)}::VARCHAR[]))')
        return condition if of == "f" else sure(FILES_OF.format(condition))

    @staticmethod
    def _no_operator(term: Term) -> None:
        if term.operator:
            raise BadQuery(f"{term.field}: takes no {term.operator}", term.at, hint=f"Write {term.field}:{term.text}.")


END = 'coalesce(e."end", now())'
NUMBER = '"number"'


def _is_number(text: str) -> bool:
    try:
        number_in(text, "", field="", at=0)
    except BadQuery:
        return False
    return True
