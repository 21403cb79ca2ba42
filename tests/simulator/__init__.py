"""A week at an instrument, played against a really started service, and the account of every byte of it.

shots.py       files as instruments write them, with any time inside
book.py        what the simulator has written, and what should be known of it
instrument.py  the PCs of an instrument: each deed is done in the store and entered in the book
week.py        the week: who was there, what was recorded, what went wrong
account.py     what the facility knows, asked from the outside, in the terms of the book
"""
