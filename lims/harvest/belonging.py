"""To whom a file belongs that was acquired at a time: to a session that held the instrument then, or to none yet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lims.harvest.scope import Ground
from lims.model import Session

FOREVER = datetime.max.replace(tzinfo=UTC)
ALMOST_A_SECOND = timedelta(microseconds=999_999)


@dataclass(frozen=True)
class Home:
    """session: None for none. note: why, where that is not by the time alone."""

    session: Session | None
    note: str = ""


def home_at(
    moment: datetime, sessions: Iterable[Session], ground: Ground, folder: str, names: Mapping[str, str], *,
    is_end_of_writing: bool,
) -> Home:
    """The session that a file of a moment belongs to.

    folder: the person's folder that it lies in, "" for none. names: display names of people by id.
    is_end_of_writing: the moment is the file's own time, so that it may lie after the END that followed the exposure.
    """
    listed, instrument = list(sessions), ground.instrument
    held, note = holding(listed, moment), ""
    own = [one for one in held if is_of(folder, one, names)]
    if instrument.belonging == "strict":
        return strictly(held, own, folder)
    if not held and is_end_of_writing:
        held = just_ended(listed, moment, instrument.grace_s)
        note = f"saved {(moment - held[0].end).total_seconds():.0f} s after the end" if held and held[0].end else ""
    if len(held) < 2:
        return Home(held[0] if held else None, note)
    if len(own) == 1:
        return Home(own[0], f"several sessions held the instrument then; it lies in {folder}'s folder")
    return Home(None, f"{len(held)} sessions held the instrument then, and no folder says whose it is")


def strictly(held: Sequence[Session], own: Sequence[Session], folder: str) -> Home:
    if len(own) == 1:
        return Home(own[0])
    if not held:
        return Home(None)
    if own:
        return Home(None, f"{len(own)} sessions of {folder} held the instrument then")
    where = f"lies in {folder}'s folder, who was not there then" if folder else "lies in nobody's folder"
    return Home(None, f"written during a session, but it {where}")


def holding(sessions: Sequence[Session], moment: datetime) -> list[Session]:
    """The sessions whose [start, end) holds the moment, in the order of their starts.

    Files count whole seconds and people press Start within one: where nobody held the instrument as a second began,
    whoever took it within that second has it.
    """
    moments = [moment] if moment.microsecond else [moment, moment + ALMOST_A_SECOND]
    for at in moments:
        held = [one for one in sessions if one.start <= at < (one.end or FOREVER)]
        if held:
            return sorted(held, key=lambda one: (one.start, one.id))
    return []


def session_at(sessions: Sequence[Session], moment: datetime) -> Session | None:
    """The first session that holds the moment."""
    return next(iter(holding(sessions, moment)), None)


def just_ended(sessions: Sequence[Session], moment: datetime, grace_s: float) -> list[Session]:
    """The session that ended last before the moment, if that was within the grace."""
    ended = [one for one in sessions if one.end and timedelta(0) <= moment - one.end < timedelta(seconds=grace_s)]
    return [max(ended, key=lambda one: (one.end or FOREVER, one.id))] if ended else []


def folder_of_person(ground: Ground, key: str) -> str:
    """The name of the person's folder that a key lies in, "" where there is none."""
    pattern = [part for part in ground.source.user_folder.split("/") if part]
    parts = key.removeprefix(ground.prefix).split("/")[:-1]
    if not pattern or len(parts) < len(pattern):
        return ""
    pairs = list(zip(pattern, parts, strict=False))
    if any(wanted not in ("{user}", part) for wanted, part in pairs):
        return ""
    return next(part for wanted, part in pairs if wanted == "{user}")


def is_of(folder: str, session: Session, names: Mapping[str, str]) -> bool:
    """Whether a folder is named after somebody of a session: by login name, or by name in any spelling."""
    known = {spelt(word) for one in (session.user, *session.people) for word in (one, names.get(one, "")) if word}
    return bool(folder) and spelt(folder) in known


def spelt(name: str) -> str:
    """`Ada Lovelace`, `ada_lovelace` and `AdaLovelace` are one person."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())
