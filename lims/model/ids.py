"""Identifiers: a kind's prefix and ten letters that survive being read aloud (Crockford base 32, 50 random bits)."""

import secrets
from typing import Literal

from lims.errors import Invalid

Kind = Literal[
    "session", "event", "record", "dataset", "activity", "reservation", "collection", "run", "relation", "saved_search",
    "audit", "replay",
]

PREFIXES: dict[Kind, str] = {
    "session": "ses",
    "event": "evt",
    "record": "rec",
    "dataset": "dat",
    "activity": "act",
    "reservation": "rsv",
    "collection": "col",
    "run": "run",
    "relation": "rel",
    "saved_search": "sav",
    "audit": "aud",
    "replay": "rpl",
}
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LETTERS = (ALPHABET * 8).encode()
"""A letter for each byte, each for as many."""


def new_id(kind: Kind) -> str:
    return f"{PREFIXES[kind]}-{secrets.token_bytes(10).translate(_LETTERS).decode()}"


def kind_of(thing_id: str) -> Kind:
    """Raises Invalid where the prefix is of no known kind."""
    prefix = thing_id.partition("-")[0]
    for kind, known in PREFIXES.items():
        if prefix == known:
            return kind
    raise Invalid(f"{thing_id!r} is not an id.", hint="Ids look like rec-4k7m2q9x0t; find them with: lims search")


def record_id_of(session_id: str) -> str:
    """A session has exactly one record, so the record's id follows from the session's."""
    return f"{PREFIXES['record']}-{session_id.partition('-')[2]}"
