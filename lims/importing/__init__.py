"""Old projects as they lie about: a folder, a zip, a tar. What of it may come in, whose it may be, when it was made.

Works on files, names and times alone, on the machine where the source is; the catalog comes in elsewhere.

source.py      what every source can do
opening.py     which kind of source something is
folders.py     a folder of this machine
zips.py        a zip
tars.py        a tar, packed or not
names.py       which names inside an archive may become files
limits.py      how much may come out of an archive
guessing.py    whose instrument's a file is
evenings.py    which files were made in one go at an instrument
trees.py       the folders of a project as collections
"""

from lims.importing.evenings import evenings
from lims.importing.guessing import instrument_of
from lims.importing.limits import ImportLimits
from lims.importing.opening import open_source
from lims.importing.source import Contents, Member, Readable, Refused, Source, Unreadable
from lims.importing.trees import Folder, collection_id, folders_of

__all__ = [
    "Contents",
    "Folder",
    "ImportLimits",
    "Member",
    "Readable",
    "Refused",
    "Source",
    "Unreadable",
    "collection_id",
    "evenings",
    "folders_of",
    "instrument_of",
    "open_source",
]
