"""Bringing an old project in.

importing.py  the asker's side: look through the source, send each file, ask for the rest; the same here and remote
views.py      what is answered
places.py     the facility's side: where an import lies and whose it is
finishing.py  what comes after the last file: reading, instruments, times, sessions, collections
"""
