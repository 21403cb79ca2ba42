"""Readers of microscope files: what is in them, without the rest of the LIMS.

extract.py       one file in this process: choose the reader, extract, draw the preview
pool.py          many files, each in a forked child with limits; forkserver.py, child.py, allowance.py: its other side
fence/           what such a child may see: one dataset, and none of the service's other files or secrets
companions.py    which files belong together, and which are junk
rosetta/         the adapter over every RosettaSciIO reader; merlin.py and ebsd/ (patterns, maps) are asked before it
hdf5/            every HDF5 file that has no reader there
bioimaging/      light microscopes' files; pointcloud/, pictures/, tables/, text.py, unknown/: the others, asked last
arrays.py        what most extractors share: a file is opened, its words, axes and pictures follow
lazy.py          arrays that stay in their file; planes.py: those that are read plane by plane; axes.py: their axes
xml_tree.py      XML as a tree; settings.py: lines of keys and texts as trees
raw.py           one signal as a library gave it; signals.py: its axes; frames.py: one light frame of it
normalise/       from a vendor's tree to the common vocabulary
drawing/         from a frame to a picture
"""

from lims.extractors.outcome import Job, Limits, Outcome, PreviewTarget, StepFailure
from lims.extractors.pool import Pool

__all__ = ["Job", "Limits", "Outcome", "Pool", "PreviewTarget", "StepFailure"]
