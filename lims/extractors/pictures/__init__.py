"""Ordinary pictures, by Pillow: photographs of a sample holder, screenshots, exported images, animations.

formats.py   which of Pillow's formats a file is
words.py     what it says of itself: EXIF, XMP, IPTC, text chunks
reading.py   the extractor over them
"""

from lims.extractors.pictures.reading import Pictures

extractor = Pictures()
