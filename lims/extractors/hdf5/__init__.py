"""HDF5 files that RosettaSciIO has no reader for, or a poorer one.

adapter.py   which kind of file it is, and the extractor
walk.py      the whole file as one tree; values.py: HDF5's types in it
generic.py   arrays as signals; scales.py: their axes
nexus.py, ebsd.py, emsoft.py, zivid.py, tofwerk.py, arina.py   what each writer means by its arrays
"""

from lims.extractors.hdf5.adapter import Hdf5

extractor = Hdf5()
"""The extractor of HDF5 files."""
