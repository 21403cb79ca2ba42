"""The adapter over every RosettaSciIO reader.

formats.py   whose file it is, by its bytes
reading.py   the reader's own dictionaries, lazily, with its mapping applied
adapter.py   the extractor made of them
"""

from lims.extractors.rosetta.adapter import Rosetta

extractor = Rosetta()
