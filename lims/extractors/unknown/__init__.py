"""Bytes that nobody reads are still a dataset: what can be said of them is said.

magic.py      what kind of file it is, by its first bytes
archives.py   what is packed in it; documents.py, films.py: what it says of itself; bytes.py: what its bytes look like
reading.py    the extractor, which is asked last
"""

from lims.extractors.unknown.reading import Unknown

extractor = Unknown()
