"""The answers of requests that may come again: a client that lost the answer asks with the same key."""

import json
from typing import Any

from lims.catalog import codec
from lims.catalog.reader import Reader

Answer = tuple[bool, Any]
"""(whether the request was answered before, what the answer was)"""


def answer_of(reader: Reader, requests: str, principal: str, request_key: str | None) -> Answer:
    """requests: what the table is called in SQL."""
    if request_key is None:
        return False, None
    found = reader.rows(
        f'SELECT "answer" FROM {requests} WHERE "principal" = $principal AND "request" = $request',
        {"principal": principal, "request": request_key},
    )
    return (True, codec.decode(json.loads(found[0]["answer"]))) if found else (False, None)
