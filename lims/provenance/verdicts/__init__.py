"""Whether a replay's output is the original's: one of seven verdicts, and where the two differ.

judging.py     from two files to a verdict
contents.py    what two files are compared by: arrays, and metadata as words
reading.py     which reader opens which file: trees.py (HDF5, zarr), numbers.py (npy, npz, TIFF, pictures), words.py
comparing.py   the contents of two files; metadata.py: which keys differ
arrays.py      two arrays, slab by slab; elements.py: how far apart their elements are
tolerances.py  how far apart they may be
pictures.py    whether two pictures look the same
drawing.py     expected, found and difference beside each other
"""

from lims.provenance.verdicts.judging import judge, missing

__all__ = ["judge", "missing"]
