"""The bytes of a file, or of every file in a folder."""

import hashlib
from pathlib import Path

from lims.provenance.content.digests import add


def byte_hash(path: Path) -> str:
    """SHA-256 of the file's bytes, hexadecimal; of a folder (.zspy) that of its tree.

    Tree: for each file below the folder, sorted by its name relative to it (with "/", compared as code points), that
    name and the SHA-256 of its bytes, each preceded by its length. Empty folders, times and permissions do not matter;
    a link counts as the file it leads to, and links to folders are not followed.
    """
    if path.is_dir():
        return tree_hash(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    files = {one.relative_to(folder).as_posix(): one for one in folder.rglob("*") if one.is_file()}
    for name in sorted(files):
        add(digest, name, byte_hash(files[name]))
    return digest.hexdigest()
