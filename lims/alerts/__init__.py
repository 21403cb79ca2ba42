"""Searches that people have saved, and telling them when a new dataset matches.

saving.py      save, rename, remove; turn an alert on and off; what was seen
channels.py    which ways of telling a facility and a person have
showing.py     a saved search with what is new for it
watching.py    what is new since the last time, and for which searches
owners.py      a search is asked as its owner
outbox.py      messages that have to go out, until they have arrived
message.py     what stands in one
mail.py        … by e-mail
webhook.py     … to an address of the owner's
background.py  looking and delivering for ever

What was told is a row, written in the same change as the message that has to go out. So a dataset is told once, a
message is lost by no crash, and one that had just been sent then may come twice.
"""

from lims.alerts.background import Alerts
from lims.alerts.saving import mark_seen, remove_search, rename_search, save_search, set_alert
from lims.alerts.showing import searches_of, shown

__all__ = [
    "Alerts",
    "mark_seen",
    "remove_search",
    "rename_search",
    "save_search",
    "searches_of",
    "set_alert",
    "shown",
]
