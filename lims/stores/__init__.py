"""Where files are: folders and buckets under one small interface, read-only unless a site says otherwise.

store.py    what every store can do
folder.py   a folder of this machine (file://); its links are not followed
remote.py   everything else that fsspec can read
keys.py     file names as keys, and back, whatever bytes they are made of
opening.py  from facility.toml to stores
mounts.py   which file system holds a folder
durability.py  what is written survives a power cut; for the catalog, too
"""

from lims.stores.folder import FolderStore
from lims.stores.opening import open_store, open_stores
from lims.stores.store import Entry, Listing, PrefixMissing, Store

__all__ = ["Entry", "FolderStore", "Listing", "PrefixMissing", "Store", "open_store", "open_stores"]
