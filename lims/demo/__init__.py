"""A facility to try things on: five instruments, ten people, five months of sessions.

recordings.py   the numbers: pictures and spectra that ship inside installed packages
formats/        a shot as the file its instrument would write, one module per vendor
recipes.py      what people record at each instrument
story.py        who was where when, and why; cast.py: who they are
microscopes.py  the story's files, with their times
make.py         the whole facility, through the real logbook and harvest
play.py         a live session, file by file
"""
