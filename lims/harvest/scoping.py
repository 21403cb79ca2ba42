"""What a person asks to be looked at, as a scope: a session's files, a path, everything."""

from collections.abc import Sequence
from pathlib import Path

from lims.errors import Invalid
from lims.harvest.clocks import NEAR
from lims.harvest.finding import refuse_left_out
from lims.harvest.scope import Ground, Scope
from lims.harvest.tools import Tools
from lims.model import SYSTEM, Session
from lims.stores import Store
from lims.stores.keys import name_of_key


def scope_of_all(tools: Tools) -> Scope:
    return Scope(tools.all_grounds, is_asked=True, with_derived=True)


def scope_of_session(tools: Tools, session_id: str) -> Scope:
    return scope_of_sessions(tools, [tools.catalog.view(SYSTEM).session(session_id)], is_asked=True)


def scope_of_sessions(tools: Tools, sessions: Sequence[Session], *, is_asked: bool = False) -> Scope:
    """What may belong to these sessions."""
    instruments = {session.instrument for session in sessions}
    grounds = tuple(ground for ground in tools.all_grounds if ground.instrument.id in instruments)
    return Scope(grounds, since=min(one.start for one in sessions) - NEAR, is_asked=is_asked)


def scope_of_path(tools: Tools, path: str) -> Scope:
    """path: of this machine, or STORE:KEY. Raises Invalid, NotFound."""
    store, key = place_of(tools, path)
    inside = tuple(one for one in tools.all_grounds if one.store == store.name and is_inside(one, key))
    if inside:
        return Scope(inside, is_asked=True)
    store.entry(key)
    around = [one for one in tools.all_grounds if one.store == store.name and one.holds(key + "/")]
    if not around:
        known = ", ".join(f"{one.store}:{one.prefix}" for one in tools.all_grounds) or "none"
        raise Invalid(f"No instrument writes to {path}.", hint=f"Instruments write to: {known}.")
    view = tools.catalog.view(SYSTEM)
    if view.dataset_at(store.name, key) is None and not view.keys_in(store.name, key + "/"):
        refuse_left_out(store, key, around)
    return Scope(tuple(around), under=key, is_asked=True)


def place_of(tools: Tools, path: str) -> tuple[Store, str]:
    """The store that holds a path of this machine, or that `STORE:KEY` names, and the key in it."""
    name, colon, key = path.partition(":")
    if colon and name in tools.stores:
        return tools.stores[name], key.strip("/")
    for store in tools.stores.values():
        inner = store.key_of(Path(name_of_key(path)))
        if inner is not None:
            return store, inner
    known = ", ".join(f"{one.name} ({one.url})" for one in tools.stores.values())
    raise Invalid(f"{path} lies in no store of this facility.", hint=f"Its stores are: {known}.")


def is_inside(ground: Ground, key: str) -> bool:
    return not key or ground.prefix == key + "/" or ground.prefix.startswith(key + "/")
