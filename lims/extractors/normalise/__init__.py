"""From a vendor's tree to the common vocabulary.

vocabulary.py   the fields and their SI units
quantities.py   numbers with units to SI; times.py: dates as vendors write them
elements.py     chemical elements by their numbers
rules.py        a rule says: this field stands at that path, in that unit
vendors/        the rules of each vendor
disagreement.py what contradicts a value is kept beside it
reader.py       what the reader itself found, where no rule did
fields.py       all of it in order
"""
