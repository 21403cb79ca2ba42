"""The query language once more, read aloud: each thing is looked at by itself, with nothing but Python."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lims.catalog.search.grammar import All, Node, Not, Term, Word
from lims.catalog.search.grammar import Any as AnyOf
from lims.model import Dataset, Principal, Record, Session


@dataclass
class File:
    """A dataset with its session, as one principal sees it."""

    dataset: Dataset
    tree: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    session: Session | None = None
    notes: list[str] = field(default_factory=list)


@dataclass
class Naive:
    """All there is. notes: of sessions, told as events."""

    datasets: dict[str, Dataset] = field(default_factory=dict)
    trees: dict[str, dict[str, Any]] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)

    def sees(self, who: Principal, session: Session) -> bool:
        return who.is_staff or who.name in (session.user, session.operator, *session.people)

    def files(self, who: Principal) -> list[File]:
        found = []
        for one in self.datasets.values():
            session = self.sessions[one.session] if one.session else None
            seen = session if session and self.sees(who, session) else None
            if who.is_staff or one.owner == who.name or seen:
                notes = self.notes.get(one.session or "", [])
                found.append(File(one, self.trees.get(one.id, {}), self.tags.get(one.id, []), seen, notes))
        return found

    def find(self, who: Principal, node: Node, kind: str) -> set[str]:
        files = self.files(who)
        if kind == "dataset":
            return {one.dataset.id for one in files if self.is_file(one, node)}
        found = set()
        for record in self.records.values():
            session = self.sessions[record.session]
            if self.sees(who, session):
                its = [one for one in files if one.session is session]
                if self.is_record(session, record, its, node):
                    found.add(record.id)
        return found

    def knows(self, who: Principal, path: str) -> bool:
        """Whether any file that is seen has a value there: a name that only hidden files have is no name."""
        return any(plain(one).endswith(plain(path)) for file in self.files(who) for one, _ in leaves(file.tree))

    # --- of files ------------------------------------------------------------------------------------------------

    def is_file(self, file: File, node: Node) -> bool:
        if isinstance(node, Word):
            return own_word(file, node) or (file.session is not None and self.told(file.session, node))
        if isinstance(node, Not):
            return not self.is_file(file, node.node)
        if isinstance(node, AnyOf):
            return any(self.is_file(file, one) for one in node.nodes)
        if isinstance(node, All):
            return all(self.is_file(file, one) for one in node.nodes)
        return self.file_term(file, node)

    def file_term(self, file: File, term: Term) -> bool:  # noqa: PLR0911, PLR0912 — a field each
        one, session = file.dataset, file.session
        match term.field:
            case "user":
                return text_is(session.user if session else one.owner, term)
            case "instrument":
                return text_is(session.instrument if session else one.instrument, term)
            case "project" | "sample":
                own = one.project if term.field == "project" else None
                said = getattr(session, term.field) if session else None
                return text_is(own if said is None else said, term)
            case "title":
                return session is not None and text_is(self.title(session), term)
            case "notes":
                return text_is(session.notes if session else None, term)
            case "people":
                return any(text_is(person, term) for person in (session.people if session else ()))
            case "format" | "status" | "kind" | "owner":
                return text_is(getattr(one, term.field), term)
            case "name":
                return text_is(one.key.rpartition("/")[2], term)
            case "tag":
                return any(text_is(tag, term) for tag in file.tags)
            case "bytes":
                return number_is(one.bytes, term)
            case "voltage":
                value = one.normalised.get("acceleration_voltage")
                return value is not None and number_is(value.value, term)
            case "detector":
                value = one.normalised.get("detector_name")
                return value is not None and text_is(value.value, term)
            case "during":
                return f"{one.acquired or one.modified:%Y-%m}" == term.text
            case "is":
                return self.file_is(file, term.text)
            case "has":
                return {"metadata": bool(file.tree), "tag": bool(file.tags), "session": session is not None}[term.text]
        return any(leaf_is(value, term) for path, value in leaves(file.tree) if plain(path).endswith(plain(term.field)))

    def file_is(self, file: File, word: str) -> bool:
        if word == "orphan":
            return file.session is None and file.dataset.owner is None
        if word == "complete":
            its = [one for one in self.records.values() if file.session and one.session == file.session.id]
            return any(one.state == "complete" for one in its)
        return word in (file.dataset.kind, file.dataset.status)

    # --- of records ----------------------------------------------------------------------------------------------

    def is_record(self, session: Session, record: Record, files: list[File], node: Node) -> bool:
        if isinstance(node, Word):
            tags = [*self.tags.get(record.id, []), *self.tags.get(session.id, [])]
            said = self.told(session, node) or has_phrase([record.title, *tags], node)
            return said or any(own_word(one, node) for one in files)
        if isinstance(node, Not):
            return not self.is_record(session, record, files, node.node)
        if isinstance(node, AnyOf):
            return any(self.is_record(session, record, files, one) for one in node.nodes)
        if isinstance(node, All):
            of_files = [one for one in node.nodes if isinstance(one, Term) and one.field in OF_FILES_ONLY]
            rest = [one for one in node.nodes if one not in of_files]
            together = not of_files or any(all(self.file_term(one, term) for term in of_files) for one in files)
            return together and all(self.is_record(session, record, files, one) for one in rest)
        return self.record_term(session, record, files, node)

    def record_term(  # noqa: PLR0911 — a field each
        self, session: Session, record: Record, files: list[File], term: Term
    ) -> bool:
        match term.field:
            case "user" | "instrument" | "project" | "sample" | "notes":
                return text_is(getattr(session, term.field), term)
            case "title":
                return text_is(record.title or session.title, term)
            case "people":
                return any(text_is(person, term) for person in session.people)
            case "name":
                said = text_is(record.title or session.title, term)
                return said or any(self.file_term(one, term) for one in files)
            case "bytes":
                return number_is(record.bytes, term)
            case "tag":
                tags = [*self.tags.get(record.id, []), *self.tags.get(session.id, [])]
                return any(text_is(tag, term) for tag in tags) or any(self.file_term(one, term) for one in files)
            case "is" if term.text == "complete":
                return record.state == "complete"
            case "has" if term.text == "tag":
                own = bool(self.tags.get(record.id) or self.tags.get(session.id))
                return own or any(one.tags for one in files)
            case "during":
                return f"{session.start:%Y-%m}" <= term.text <= f"{session.end or session.start:%Y-%m}"
        return any(self.file_term(one, term) for one in files)

    def title(self, session: Session) -> str:
        record = next((r for r in self.records.values() if r.session == session.id), None)
        return (record and record.title) or session.title

    def told(self, session: Session, word: Word) -> bool:
        record = next((r for r in self.records.values() if r.session == session.id), None)
        texts = [session.title, session.notes, session.user, session.operator, session.project, session.sample]
        texts += [" ".join(session.people), session.instrument, *self.notes.get(session.id, [])]
        return has_phrase([text for text in texts if text] + ([record.title] if record else []), word)


OF_FILES_ONLY = ("format", "status", "kind", "owner", "voltage", "detector", "Volts", "Mood", "Depth.Level")
OF_FILES_ONLY += ("Probe Current (nA)",)


def tokens(text: str) -> list[str]:
    parts = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[^\W_]+", "".join(letter for letter in parts if not unicodedata.combining(letter)))


def stands(wanted: list[str], text: list[str], *, is_whole: bool) -> bool:
    for start in range(len(text) - len(wanted) + 1):
        *before, last = text[start : start + len(wanted)]
        if before == wanted[:-1] and (last == wanted[-1] or (not is_whole and last.startswith(wanted[-1]))):
            return True
    return False


def has_phrase(texts: Iterable[str], word: Word) -> bool:
    return any(stands(tokens(word.text), tokens(text), is_whole=word.is_quoted) for text in texts)


def own_word(file: File, word: Word) -> bool:
    one, wanted = file.dataset, tokens(word.text)
    if one.id == word.text or has_phrase(file.tags, word):
        return True
    texts = [part for key in (one.key, *one.companions) for part in key.split("/")] + [one.format]
    texts += [value.value for value in one.normalised.values() if isinstance(value.value, str)]
    texts += [str(value) for _, value in leaves(file.tree) if number(value) is None]
    if len(wanted) == 1:
        return has_phrase(texts, word)
    pairs = [wanted[place : place + 2] for place in range(len(wanted) - 1)]
    split = [tokens(text) for text in texts]
    return all(
        any(stands(pair, text, is_whole=word.is_quoted or pair is not pairs[-1]) for text in split) for pair in pairs
    )


def plain(path: str) -> str:
    return "." + path.lower().replace(" ", "_")


def leaves(tree: dict[str, Any], path: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in tree.items():
        below = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            yield from leaves(value, below)
        else:
            yield below, value


def number(value: Any) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def fold(text: str) -> str:
    parts = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def text_is(value: str | None, term: Term) -> bool:
    """The words of the term stand in the text, or are all of it."""
    if value is None:
        return False
    if term.operator == "=":
        return fold(value) == fold(term.text)
    wanted, text = fold(term.text).rstrip("*"), fold(value)
    for place in range(len(text)):
        if text.startswith(wanted, place) and (place == 0 or not text[place - 1].isalnum()):
            end = place + len(wanted)
            if term.text.endswith("*") or end == len(text) or not text[end].isalnum():
                return True
    return False


FACTORS = {"": 1.0, "V": 1.0, "kV": 1e3, "kB": 1e3, "B": 1.0, "nA": 1.0, "pA": 1e-3, "mm": 1.0, "µm": 1e-3}


def number_of(text: str) -> float:
    found = re.fullmatch(r"([\d.e+-]+)(\D*)", text)
    assert found
    return float(found[1]) * FACTORS[found[2]]


def number_is(value: float, term: Term) -> bool:
    if term.operator == "..":
        unit = re.sub(r"[\d.e+-]", "", term.upper)
        lower = term.text if re.search(r"[a-zA-Zµ]", term.text.replace("e", "")) else term.text + unit
        low, high = number_of(lower), number_of(term.upper)
        return low < value < high or is_same(value, low) or is_same(value, high)
    wanted = number_of(term.text)
    if term.operator in ("", "=") or is_same(value, wanted):
        return is_same(value, wanted) and term.operator not in (">", "<")
    return value > wanted if term.operator.startswith(">") else value < wanted


def is_same(one: float, other: float) -> bool:
    return abs(one - other) <= abs(other) * 1e-6


def leaf_is(value: Any, term: Term) -> bool:
    there = number(value)
    if there is None and isinstance(value, str):
        found = re.fullmatch(r"([\d.]+) (mm|µm)", value)
        there = float(found[1]) * FACTORS[found[2]] if found else None
    is_number = there is not None and (term.operator != "" or re.match(r"\d", term.text))
    if is_number and number_is(there or 0.0, term):
        return True
    return term.operator == "" and text_is(repr(value) if isinstance(value, float) else str(value), term)
