"""The facility itself: who am I here, what is in it."""

from lims import __version__
from lims.facility.desk import Desk
from lims.facility.operations.registry import operation
from lims.facility.views import Me, Place, StoreView
from lims.model import Principal


@operation
def me(desk: Desk, principal: Principal) -> Me:
    """Who the LIMS takes the asker for."""
    table = desk.settings.facility
    return Me(principal.name, tuple(sorted(principal.groups)), principal.is_staff, table.name, table.timezone)


@operation
def place(desk: Desk, principal: Principal) -> Place:
    """The facility in a few numbers, as far as the asker may see them."""
    view = desk.catalog.view(principal)
    table = desk.settings.facility
    opened = (*view.sessions(states=("open", "paused"), limit=100),)
    return Place(table.name, table.timezone, __version__, desk.catalog.snapshot(), view.counts(), opened)


@operation
def stores(desk: Desk, principal: Principal) -> list[StoreView]:
    """Where the facility keeps files, and where users' machines see them."""
    roots = {name: one.root_for_users() for name, one in desk.stores.items()}
    return [StoreView(one.name, str(roots[one.name] or "") or None, one.writable) for one in desk.stores.values()]
