"""Tables: spreadsheets, CSV and the logs of sensors.

cells.py      what one cell is: a number, a time, a text
layout.py     where in a grid of cells the table is: its names, its units, its first row
units.py      names of columns and the units in them
clock.py      times in cells, and the axis that they make
columns.py    a table's columns as arrays, and as signals
delimited.py  texts with a delimiter; workbook.py: spreadsheets
reading.py    the extractor over them

Each column of numbers is a signal, a profile over time where the table has times, over its first column where that
runs evenly, else over the row: columns differ in what they measure and in unit, so one array of them would have none.
A table of very many columns, or a block of numbers without names, is one picture.
"""

from lims.extractors.tables.reading import Tables

extractor = Tables()
