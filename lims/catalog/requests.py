"""The answers of requests that may come again: a client that lost the answer asks with the same key."""

import json
from typing import Any

from lims.catalog import codec
from lims.catalog.reader import Reader
from lims.errors import Conflict

Answer = tuple[bool, Any]
"""(whether the request was answered before, what the answer was)"""


def answer_of(reader: Reader, requests: str, principal: str, request_key: str | None) -> Answer:
    """requests: what the table is called in SQL. Raises Conflict where the key was used for something else."""
    if request_key is None:
        return False, None
    found = reader.rows(
        f'SELECT "answer", "about" FROM {requests} WHERE "principal" = $principal AND "request" = $request',
        {"principal": principal, "request": str(request_key)},
    )
    if not found:
        return False, None
    before, now = found[0]["about"], about(request_key)
    if before and now and before != now:
        raise Conflict(
            f"The request key {str(request_key)!r} was used for something else.",
            hint="Use a new key for each change; the same one only to ask for the same again.",
        )
    return True, codec.decode(json.loads(found[0]["answer"]))


def about(request_key: str) -> str:
    return getattr(request_key, "about", "")
