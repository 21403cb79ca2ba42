"""The adapter over every RosettaSciIO reader.

formats.py   whose file it is, by its bytes
reading.py   the reader's own dictionaries, lazily, with its mapping applied
dm_tags.py   DigitalMicrograph's tags, whole; tiff_tags.py: vendors' tags in TIFF; ini.py: settings in lines
adapter.py   the extractor made of them
"""

from lims.extractors.rosetta.adapter import Rosetta

extractor = Rosetta()
