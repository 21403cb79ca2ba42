"""What a page's components ask first, asked while the kernel is still being handed over, and sent along with the page.

A dashboard's notebook names it in its metadata (`lims_first`). A component that asks something else gets its answer as
ever, through its kernel: an answer too many does no harm.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from lims.errors import LimsError
from lims.facility.routes import ROUTES
from lims.jupyter.server.upstream import Upstream

Address = Mapping[str, str]
PAGE = 60


def search_of(address: Address) -> dict[str, Any]:
    """The record browser's first question, as the page's address has it. Raises ValueError for broken filters."""
    filters = json.dumps(json.loads(address.get("filters") or "{}"), separators=(",", ":"), ensure_ascii=False)
    kind, sort = address.get("kind") or "record", address.get("sort") or "newest"
    asked = {"query": address.get("query", ""), "kind": kind, "sort": sort, "filters": filters}
    return {**asked, "limit": PAGE, "offset": 0, "days": False}


QUESTIONS: dict[str, Callable[[Address], dict[str, Any]]] = {
    "me": lambda _: {},
    "choices": lambda _: {},
    "search": search_of,
}


Answering = list["asyncio.Task[dict[str, Any] | None]"]


def ask_first(upstream: Upstream, wanted: object, address: Address) -> Answering:
    """wanted: names of questions, as a notebook's metadata has them; anything else is nothing."""
    names = [one for one in QUESTIONS if one in wanted] if isinstance(wanted, list) else []
    return [asyncio.ensure_future(answer_to(upstream, name, address)) for name in names]


def element_of(answering: Answering) -> str:
    """An element for the page with the answers that are there by now; "" where there is none."""
    told = [answer for one in answering if one.done() and not one.exception() and (answer := one.result())]
    if not told:
        return ""
    text = json.dumps(told, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="lims-first">{text}</script>\n'


async def answer_to(upstream: Upstream, name: str, address: Address) -> dict[str, Any] | None:
    try:
        arguments = QUESTIONS[name](address)
        client = await upstream.client()
        response = await client.get(ROUTES[name][1], params=arguments)
        response.raise_for_status()
        return {"operation": name, "arguments": arguments, "result": response.json()}
    except (LimsError, httpx.HTTPError, ValueError):
        return None  # the component asks again and shows what is wrong
