"""SQL of people: what they may say, and the views they say it of.

published.py   the views: every column with its type, unit and meaning; the reference page is made of it
statement.py   whether a statement is one SELECT over these views and harmless functions
functions.py   which functions are harmless
reading.py     the connection on which it runs: the lake beside its owner, the views narrowed to one principal, locked
"""
