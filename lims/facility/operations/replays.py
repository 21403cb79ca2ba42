"""What came of replaying runs: verdicts, with their history."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lims.catalog import Transaction
from lims.errors import Invalid, NotFound
from lims.facility.desk import Desk
from lims.facility.operations.registry import operation
from lims.facility.operations.storing import file_name, place_of_upload
from lims.facility.views import Content
from lims.model import Principal, Replay, new_id

MOST_PICTURES = 100


@operation
def keep_replay(
    desk: Desk,
    principal: Principal,
    run: str,
    reproduced: bool,
    outputs: Sequence[dict[str, Any]] = (),
    environment: dict[str, Any] | None = None,
    problem: str = "",
    took_s: float = 0.0,
    pictures: dict[str, str] | None = None,
    request_key: str | None = None,
) -> Replay:
    """Keep the verdicts of a replay. pictures: {output's name: upload of the picture of its difference}."""
    given = pictures or {}
    if len(given) > MOST_PICTURES:
        raise Invalid(f"At most {MOST_PICTURES} pictures for one replay.")
    files = {file_name(name): place_of_upload(desk.uploads, token) for name, token in given.items()}

    def keep(change: Transaction) -> Replay:
        change.view.run(run)
        made = Replay(
            new_id("replay"), run, principal.name, datetime.now(UTC), reproduced, environment or {}, tuple(outputs),
            problem, took_s,
        )
        change.put(made, action="replay.keep")
        return made

    kept = desk.catalog.write(keep, by=principal, request_key=request_key)
    for name, staged in files.items():
        if staged.is_file():
            place = picture_of(desk, kept.id, name)
            place.parent.mkdir(parents=True, exist_ok=True)
            staged.replace(place)
    return kept


def picture_of(desk: Desk, replay: str, name: str) -> Path:
    return desk.previews / "replays" / replay / f"{file_name(name)}.png"


@operation
def replays(desk: Desk, principal: Principal, run: str) -> list[Replay]:
    """Every replay of a run, newest first."""
    return desk.catalog.view(principal).replays(run)


@operation
def replay_picture(desk: Desk, principal: Principal, replay: str, name: str) -> Content:
    """How an output differed: what was expected, what was found, and the difference, side by side. PNG."""
    found = desk.catalog.view(principal).replay(replay)
    path = picture_of(desk, found.id, name)
    if not path.is_file():
        raise NotFound(f"There is no picture of a difference of {name!r}.", hint="Identical outputs have none.")
    return Content("image/png", f"{name}.png", path=path)
