"""Which kind of source something is, by its bytes."""

import re
import tarfile
import zipfile
from pathlib import Path

from lims.errors import Invalid, NotFound
from lims.importing.folders import FolderSource
from lims.importing.source import DAMAGE, Source
from lims.importing.tars import TarSource
from lims.importing.zips import ZipSource
from lims.stores.keys import key_of_name

ENDINGS = re.compile(r"\.(zip|tar|t[gbx]z|tbz2?|tar\.(gz|bz2|xz))$", re.IGNORECASE)


def open_source(path: Path) -> Source:
    """A folder, a zip or a tar. Raises NotFound where there is nothing, Invalid for anything else."""
    path = path.expanduser().absolute()
    path = path.resolve() if path.is_dir() else path
    if path.is_dir():
        if not path.name:
            raise Invalid(f"{path} is the whole computer.", hint="Give the folder of the project.")
        return FolderSource(path)
    if not path.exists():
        raise NotFound(f"There is nothing at {path}.", hint="Give a folder, a zip or a tar.")
    stem = key_of_name(ENDINGS.sub("", path.name)) or "archive"
    if is_tar(path):  # first, since a tar that ends with a zip looks like one, too
        return TarSource(path, stem)
    if path.is_file() and zipfile.is_zipfile(path):
        return ZipSource(path, stem)
    if ENDINGS.search(path.name):
        raise Invalid(f"{path} is damaged, or was not copied to its end.", hint="Get it anew, and import it again.")
    raise Invalid(f"{path} is no folder, no zip and no tar.", hint="Put the file into a folder and import that.")


def is_tar(path: Path) -> bool:
    try:
        return path.is_file() and tarfile.is_tarfile(path)
    except DAMAGE:
        return False
