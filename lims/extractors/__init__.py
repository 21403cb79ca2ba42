"""Readers of microscope files: what is in them, without the rest of the LIMS.

extract.py       one file in this process: choose the reader, extract, draw the preview
pool.py          many files, each in a forked child with limits; forkserver.py and child.py are its other side
fence/           what such a child may see: one dataset, and none of the service's other files or secrets
companions.py    which files belong together, and which are junk
rosetta/         the adapter over every RosettaSciIO reader; pictures.py, text.py, unknown.py: the others
hdf5/            every HDF5 file that has no reader there; ebsd/: electron backscatter patterns and maps
merlin.py        Merlin's frames as the chips sent them
arrays.py        what most extractors share: a file is opened, its words, axes and pictures follow
lazy.py          arrays that stay in their file; axes.py: how readers describe axes
raw.py           one signal as a library gave it; signals.py: its axes; frames.py: one light frame of it
normalise/       from a vendor's tree to the common vocabulary
drawing/         from a frame to a picture
"""

from lims.extractors.outcome import Limits, Outcome, PreviewTarget, StepFailure
from lims.extractors.pool import Pool

__all__ = ["Limits", "Outcome", "Pool", "PreviewTarget", "StepFailure"]
