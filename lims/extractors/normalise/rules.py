"""A rule says: this field stands at that path of the vendor's tree, in that unit."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from lims.extractors.normalise.disagreement import chosen
from lims.extractors.normalise.quantities import to_si
from lims.extractors.normalise.vocabulary import UNKNOWN_WHEN_ZERO
from lims.model import Value
from lims.model.vocabulary import FIELDS, is_text

NOTHING = re.compile(
    r"|none|null|n/a|unknown|undefined|unspecified|do not edit|not available|enter user name|map data( \d+)?"
)
"""What programs write where nobody wrote anything: blanks, and the names they give by themselves."""


@dataclass(frozen=True)
class Rule:
    """path: keys joined by "/"; "*" matches any key and "**" any number of them, and the first that leads on is taken.
    unit: the vendor's.

    read: turns what stands there into a number or a text; None from it means that nothing is known.
    beside: a key of the same group, whose value `read` gets too: the time of day beside a date.
    why: this place is better than those after it, for people who see them disagree.
    is_fallback: it means something slightly else, is asked only where nobody else spoke, and contradicts nobody.
    """

    field: str
    path: str
    unit: str = ""
    read: Callable[..., Any] | None = None
    why: str = ""
    is_fallback: bool = False
    beside: str = ""

    def __post_init__(self) -> None:
        if self.field not in FIELDS:
            near = get_close_matches(self.field, FIELDS, 1)
            meant = f"; is {near[0]} meant?" if near else ""
            raise ValueError(f"there is no field {self.field!r} in the vocabulary{meant}")


def apply(rules: Sequence[Rule], tree: Any) -> dict[str, Value]:
    """The first rule of a field that finds something decides; what others find otherwise is kept beside it."""
    said: dict[str, list[tuple[Rule, Value]]] = {}
    for rule in rules:
        if rule.is_fallback and rule.field in said:
            continue
        value = next((value for value in values_of(rule, tree) if value is not None), None)
        if value is not None:
            said.setdefault(rule.field, []).append((rule, value))
    return {field: chosen(field, [value for _, value in found], found[0][0].why) for field, found in said.items()}


def fallbacks(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    return tuple(replace(rule, is_fallback=True) for rule in rules)


def values_of(rule: Rule, tree: Any) -> Iterator[Value | None]:
    for path, raw in reach(tree, keys_of(rule.path)):
        try:
            second = next((item for _, item in reach(tree, (*path[:-1], rule.beside))), None) if rule.beside else None
            together = (raw, second) if rule.beside else (raw,)
            read = raw if rule.read is None else rule.read(*together)
        except (TypeError, ValueError, KeyError, IndexError, OverflowError, AttributeError):
            continue
        wrote = raw if second is None else f"{last_of(raw)} {last_of(second)}"
        yield value_of(rule.field, read, rule.unit, ".".join(path), wrote)


def last_of(words: Any) -> Any:
    """Of [name, value] the value."""
    return words[-1] if isinstance(words, list) and words else words


def reach(tree: Any, path: Sequence[str], so_far: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Everything at a path, with the path as the vendor spells it. Lists are entered by number."""
    if not path:
        yield so_far, tree
        return
    if isinstance(tree, list):
        tree = {str(number): item for number, item in enumerate(tree)}
    if not isinstance(tree, dict):
        return
    if path[0] == "**":
        yield from reach(tree, path[1:], so_far)
        for key, below in tree.items():
            yield from reach(below, path, (*so_far, key))
        return
    for key in tree if path[0] == "*" else [path[0]] if path[0] in tree else []:
        yield from reach(tree[key], path[1:], (*so_far, key))


def keys_of(path: str) -> list[str]:
    r"""A slash inside a key is written as "\\/"."""
    return [key.replace("\\/", "/") for key in re.split(r"(?<!\\)/", path)]


LONG = 120


def original_text(raw: Any, value: Any, unit: str) -> str:
    """What the vendor wrote; of a long text or a group only the part that was read."""
    if isinstance(raw, int | float):
        return f"{raw} {unit}".strip()
    return raw if isinstance(raw, str) and len(raw) < LONG else str(value)


def value_of(field: str, value: Any, unit: str, source: str, raw: Any) -> Value | None:
    """A Value in SI, None where there is nothing: an empty text, a zero that means "not known", no number.

    Nor does a group say a text, or a number in a unit that does not fit: 5 inches are no pressure, and not 5 Pa.
    """
    text = original_text(raw, value, unit)
    if is_text(field):
        words = [str(item) for item in value] if isinstance(value, list | tuple) else value
        if isinstance(value, dict):
            return None
        if words is None or words == [] or (isinstance(words, str) and NOTHING.fullmatch(words.strip().lower())):
            return None
        return Value(words if isinstance(words, list) else str(words).strip(), "", source, text)
    quantity = to_si(value, unit, FIELDS[field])
    if quantity is None or quantity[1] != FIELDS[field] or (quantity[0] <= 0 and field in UNKNOWN_WHEN_ZERO):
        return None
    return Value(quantity[0], quantity[1], source, text)
