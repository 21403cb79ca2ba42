"""Which keys of the metadata differ."""

from collections.abc import Mapping

MOST_KEYS = 10
MOST_LETTERS = 40


def differing(expected: Mapping[str, str], found: Mapping[str, str]) -> str:
    """At most ten keys with both values, of long ones the part that differs; "" where none differ."""
    keys = [key for key in {**expected, **found} if expected.get(key) != found.get(key)]
    said = [in_words(key, expected.get(key), found.get(key)) for key in keys[:MOST_KEYS]]
    more = [f"and {len(keys) - MOST_KEYS} more"] if len(keys) > MOST_KEYS else []
    return "; ".join([*said, *more])


def in_words(key: str, expected: str | None, found: str | None) -> str:
    if found is None:
        return f"{key} is gone"
    if expected is None:
        return f"{key} is new"
    start = max(0, common(expected, found) - MOST_LETTERS // 4)
    if max(len(expected), len(found)) <= MOST_LETTERS:
        start = 0
    return f"{key}: {shortened(expected, start)} → {shortened(found, start)}"


def common(one: str, other: str) -> int:
    """How many letters are the same before the first that is not."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (first, second) in pairs if first != second), min(len(one), len(other)))


def shortened(words: str, start: int) -> str:
    part = words[start : start + MOST_LETTERS]
    return ("…" if start else "") + " ".join(part.split()) + ("…" if start + MOST_LETTERS < len(words) else "")
