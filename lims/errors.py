"""Every error a person may meet, grouped by what the caller can do about it.

LimsError
    Invalid         the request is wrong: change it
    NotFound        no such thing, or not visible to who asks (the two are never told apart)
    Conflict        the request clashes with the present state
    Forbidden       who asks may not do this
    Unavailable     try again later
    PluginFailed    a plug-in gave up on one file; names plug-in, version and file

Each says what, which one, and what to do next (``hint``).
"""


class LimsError(Exception):
    """An error with a sentence for people: what happened, to which thing, and what to do next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class Invalid(LimsError):
    """The request itself is wrong."""


class NotFound(LimsError):
    """No such thing among those the asker may see."""


class Conflict(LimsError):
    """The request clashes with the present state."""


class Forbidden(LimsError):
    """The asker may not do this."""


class Unavailable(LimsError):
    """Something needed is not reachable now; the same request may work later."""


class PluginFailed(LimsError):
    """A plug-in gave up on one file."""

    def __init__(self, plugin: str, version: str, file: str, reason: str, *, hint: str = "") -> None:
        super().__init__(f"{plugin} {version} could not handle {file}: {reason}", hint=hint)
        self.plugin = plugin
        self.version = version
        self.file = file
        self.reason = reason


class NoSuchThing(NotFound):
    def __init__(self, kind: str, thing_id: str) -> None:
        lists = {"session": "lims session list"}
        hint = f"Check the id with: {lists.get(kind, 'lims search')}"
        super().__init__(f"No {kind} {thing_id!r} among those you can see.", hint=hint)
        self.kind = kind
        self.thing_id = thing_id


class SessionStillOpen(Conflict):
    """Another session is open on the instrument; it has to end first."""

    def __init__(self, session_id: str, instrument: str, user: str) -> None:
        super().__init__(
            f"{user} has an open session ({session_id}) on {instrument}.",
            hint=f"End it with: lims session end {session_id}, or start yours with --end-other.",
        )
        self.session_id = session_id
        self.instrument = instrument
        self.user = user


class NoFacility(Unavailable):
    def __init__(self, where: str) -> None:
        super().__init__(
            f"There is no facility at {where}.",
            hint="Make one with: lims init DIR (add --demo for sample data), or name one with --facility.",
        )


class StoreUnavailable(Unavailable):
    def __init__(self, store: str, url: str, reason: str) -> None:
        super().__init__(
            f"The store {store!r} at {url} cannot be read: {reason}.",
            hint="Mount it or correct its url in facility.toml; nothing is lost, the harvest will try again.",
        )
        self.store = store
