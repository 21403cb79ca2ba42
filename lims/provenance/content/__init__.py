"""What a file is: its bytes' SHA-256, and a hash of its content that saving it twice does not change.

methods.py     which method a file's content is hashed by; one module per method:
hdf5.py        hdf5-1, hdf5-2   .hspy .h5 .hdf5 .nxs .emd
zarr_trees.py  zarr-1           .zspy .zarr, which are folders
tiff.py        tif-1            .tif .tiff
npy.py         npy-1            .npy
pictures.py    png-1            .png
cells.py       csv-1            .csv .tsv .txt
notebooks.py   ipynb-1          .ipynb
whole.py       bytes            every other file, every other folder
slabs.py       large arrays in pieces
digests.py     how words and arrays are put into a hash
volatile.py    what programs write anew at each save
"""

from lims.provenance.content.methods import content_hash
from lims.provenance.content.notebooks import notebook_hash
from lims.provenance.content.whole import byte_hash

__all__ = ["byte_hash", "content_hash", "notebook_hash"]
