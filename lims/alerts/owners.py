"""A search is asked as its owner: as much as they may see now, and no more."""

from lims.access import principal_of_hub_user
from lims.model import Principal, SavedSearch
from lims.settings import Settings


def principal_of(settings: Settings, saved: SavedSearch) -> Principal:
    """Nobody has signed in here, so the Hub's groups are not known: staff are those whom facility.toml names."""
    return principal_of_hub_user(settings.access, saved.owner, ())
