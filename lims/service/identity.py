"""Who asks: told by the Hub (for its tokens) or by the operating system (at the socket), never by the request."""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.request import Request as HubRequest
from urllib.request import urlopen

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from lims.access import principal_of_hub_user
from lims.errors import Forbidden, Unavailable
from lims.model import Principal
from lims.service.errors import NotSignedIn
from lims.settings import AccessTable

REMEMBER_S = 30.0
MOST_REMEMBERED = 10_000
HUB_TIMEOUT_S = 10.0


class Door(Protocol):
    """One way in. Raises Forbidden, or Unavailable where nobody can tell."""

    async def __call__(self, request: Request) -> Principal: ...


@dataclass(frozen=True)
class SocketDoor:
    """Whoever reaches the socket, in a folder that only its owner may enter, is that owner."""

    principal: Principal

    async def __call__(self, request: Request) -> Principal:
        return self.principal


@dataclass
class HubDoor:
    """Bearer tokens of JupyterHub, from the Authorization header only: a cookie or an address can be forged or leak.

    api_url: of the Hub, ending in /hub/api. service: the name under which the Hub knows us.
    An answer is remembered for 30 s, so a revoked token works that much longer.
    """

    api_url: str
    service: str
    access: AccessTable
    known: dict[bytes, tuple[float, Principal]] = field(default_factory=dict)
    asking: dict[bytes, asyncio.Lock] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic

    async def __call__(self, request: Request) -> Principal:
        token = bearer_token(request)
        digest = hashlib.sha256(token.encode()).digest()
        async with self.asking.setdefault(digest, asyncio.Lock()):
            try:
                return self.remembered(digest) or await self.learn(token, digest)
            finally:
                self.asking.pop(digest, None)

    def remembered(self, digest: bytes) -> Principal | None:
        until, principal = self.known.get(digest, (0.0, None))
        return principal if self.clock() < until else None

    async def learn(self, token: str, digest: bytes) -> Principal:
        told = await run_in_threadpool(ask_hub, f"{self.api_url}/user", token)
        principal = self.admit(told)
        if len(self.known) >= MOST_REMEMBERED:
            self.known.clear()
        self.known[digest] = (self.clock() + REMEMBER_S, principal)
        return principal

    def admit(self, told: dict[str, Any]) -> Principal:
        """Raises Forbidden for a token that may not use this service, and for one of a service."""
        accepted = {"access:services", f"access:services!service={self.service}"}
        if told.get("kind") != "user" or not accepted & set(told.get("scopes", ())):
            raise Forbidden(
                "The Hub does not let this token use the LIMS.",
                hint=f"Its role needs the scope access:services!service={self.service}",
            )
        return principal_of_hub_user(self.access, str(told["name"]), told.get("groups", ()))


def bearer_token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() not in ("bearer", "token") or not token.strip():
        raise NotSignedIn()
    return token.strip()


def ask_hub(url: str, token: str) -> dict[str, Any]:
    """What the Hub says of a token. Raises Forbidden where it does not know it."""
    try:
        asked = HubRequest(url, headers={"Authorization": f"Bearer {token}"})
        with urlopen(asked, timeout=HUB_TIMEOUT_S) as answer:
            told: dict[str, Any] = json.load(answer)
            return told
    except HTTPError as error:
        if error.code in (401, 403, 404):
            raise Forbidden("The Hub does not know this token.", hint="Sign in again.") from error
        raise Unavailable(f"The Hub could not say who asks (it answered {error.code}).", hint="Try again.") from error
    except (URLError, HTTPException, OSError, ValueError) as error:
        raise Unavailable("The Hub could not be asked who asks.", hint="Try again.") from error
