"""Passes for ever: what is open or owed at every beat, everything else now and then."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from lims.errors import LimsError
from lims.harvest.scope import Scope
from lims.harvest.scoping import scope_of_sessions
from lims.harvest.tally import Tally
from lims.harvest.tools import Tools
from lims.harvest.watching import Watching
from lims.model import SYSTEM, Session
from lims.settings import HarvestTable

log = logging.getLogger(__name__)
SLOW_BEATS = 15
"""Every so many polls everything is looked at, not only what is open: late files, orphans."""
QUIET_BEATS = 10 * SLOW_BEATS
"""Where every store tells of new files by itself. Open sessions there are looked at every SLOW_BEATS unasked."""
MOST_IN_BACKGROUND = 200
MOST_AT_REST = 2000
"""New files one background pass reads: few while a session is open, so that a backlog never keeps it waiting."""


class Background:
    """run_pass: one pass over a scope. state: what `status` tells; here it hears of troubles.

    backlog: how many new files did not fit into the last passes.
    """

    def __init__(
        self, tools: Tools, settings: HarvestTable, run_pass: Callable[[Scope], Tally], state: dict[str, Any]
    ) -> None:
        self.tools = tools
        self.settings = settings
        self.run_pass = run_pass
        self.state = state
        self.watching = Watching(tools, wanted=settings.events)
        self.backlog = 0
        self._looked: dict[str, float] = {}

    def run_forever(self, stop: threading.Event) -> None:
        """Poll until `stop` is set: what is open or owed at every beat, everything else now and then.

        An instrument whose stores tell of new files is looked at when they do, and otherwise more rarely.
        """
        self.state["background"] = True
        self.tools.stop = stop
        beat, woken = 0, frozenset[str]()
        while not stop.is_set():
            before_s = self.tools.looking_s
            if beat % SLOW_BEATS == 0:
                self.listen()
            is_quiet = all(self.watching.covers(one) for one in Scope(self.tools.all_grounds).instruments)
            is_slow = beat % (QUIET_BEATS if is_quiet else SLOW_BEATS) == 0 or self.backlog > 0
            self.beat(is_slow=is_slow, woken=woken)
            beat += 1
            # A share with very many files must not be listed without a pause.
            least_s = 2 * (self.tools.looking_s - before_s)
            woken = self.watching.wait(stop, least_s=least_s, most_s=max(self.settings.poll_s, least_s))
        self.watching.stop()
        self.state["background"] = False

    def listen(self) -> None:
        try:
            self.watching.renew()
        except Exception as error:  # as below; what nobody hears of is looked for
            self.state["trouble"] = f"{type(error).__name__}: {error}"
            log.exception("harvest: events of file systems cannot be had")

    def beat(self, *, is_slow: bool, woken: frozenset[str] = frozenset()) -> None:
        """One round. Whatever goes wrong is logged and shown by `status`; the next beat tries again.

        woken: instruments of which something was heard.
        """
        try:
            woken |= {one for one in self.restless() if self.watching.covers(one)}
            view = self.tools.catalog.view(SYSTEM)
            owed = [view.session(record.session) for record in view.records(states=("open", "building"))]
            for instrument in dict.fromkeys(session.instrument for session in owed):
                sessions = [session for session in owed if session.instrument == instrument]
                if instrument in woken or self.is_worth_a_look(instrument, sessions):
                    live = replace(scope_of_sessions(self.tools, sessions), most=MOST_IN_BACKGROUND)
                    self.run_pass(live)
                    self._looked[instrument] = time.monotonic()
            most = MOST_IN_BACKGROUND if owed else MOST_AT_REST
            if is_slow:
                scope = Scope(self.tools.all_grounds, most=most, with_derived=True)
                self.backlog = self.run_pass(scope).left
            elif woken:
                grounds = tuple(one for one in self.tools.all_grounds if one.instrument.id in woken)
                self.backlog += self.run_pass(Scope(grounds, most=most)).left
            self.state.pop("trouble", None)
        except LimsError as error:
            self.watching.hear(woken)
            self.state["trouble"] = str(error)
            log.warning("harvest: %s", error)
        except Exception as error:  # a thread's front door: the next beat must come
            self.watching.hear(woken)
            self.state["trouble"] = f"{type(error).__name__}: {error}"
            log.exception("harvest: a pass failed")

    def restless(self) -> frozenset[str]:
        """Instruments with files that were growing at the last look."""
        return frozenset(one.instrument for look in self.tools.prefixes.everywhere() for one in look.growing)

    def is_worth_a_look(self, instrument: str, sessions: Sequence[Session]) -> bool:
        """Whether open and ended sessions of it are to be looked at though nothing was heard."""
        if not self.watching.covers(instrument) or not all(session.is_open for session in sessions):
            return True
        rarely_s = SLOW_BEATS * self.settings.poll_s
        return time.monotonic() - self._looked.get(instrument, -rarely_s) >= rarely_s
