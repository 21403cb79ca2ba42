"""The logbook: who had which instrument, when and why. Every entry is one transaction and says who wrote it.

starting.py   start, now or in the past; ending somebody else's forgotten session on the way
running.py    note, pause, resume, end, cancel, reopen
editing.py    correct what was logged
page.py       the session and its record, changed together
windows.py    which times a session may have
times.py      what people type, in the instrument's time zone
names.py      people, projects, samples and instruments by what people call them
"""

from lims.logbook.editing import edit_note, edit_session
from lims.logbook.names import find_instrument
from lims.logbook.running import (
    cancel_session,
    end_session,
    note_session,
    pause_session,
    reopen_session,
    resume_session,
)
from lims.logbook.starting import start_session
from lims.logbook.times import moment_of

__all__ = [
    "cancel_session",
    "edit_note",
    "edit_session",
    "end_session",
    "find_instrument",
    "moment_of",
    "note_session",
    "pause_session",
    "reopen_session",
    "resume_session",
    "start_session",
]
