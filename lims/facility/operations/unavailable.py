"""What cannot be listed, so that records wait for it."""

from dataclasses import replace

from lims.facility.desk import Desk
from lims.facility.views import AttentionItem
from lims.harvest import UNAVAILABLE
from lims.model import Principal

HINT = "Put it there or give the right to read it, or correct its place in facility.toml; the rest goes by itself."


def unavailable(desk: Desk, principal: Principal) -> list[AttentionItem]:
    """To staff as it is; to others that it is so, of instruments for which a record of theirs waits."""
    view, troubles = desk.catalog.view(principal), desk.harvester.troubles()
    if not principal.is_staff:
        waiting = {view.session(one.session).instrument for one in view.records(states=("open", "building"))}
        first = {one.instrument: replace(one, sentence=UNAVAILABLE) for one in reversed(troubles)}
        troubles = [one for one in first.values() if one.instrument in waiting]
    names = {one.id: one.name for one in view.instruments()}
    return [
        AttentionItem("unavailable", one.instrument, names[one.instrument], one.sentence, one.since, HINT)
        for one in troubles
    ]
