"""The bytes of a file, or of every file in a folder."""

import hashlib
from pathlib import Path

from lims.model import tree_sha256


def byte_hash(path: Path) -> str:
    """SHA-256 of the file's bytes, hexadecimal; of a folder (.zspy) that of its files, as `tree_sha256` has it.

    Empty folders, times and permissions do not matter; a link counts as the file it leads to, and links to folders are
    not followed.
    """
    if path.is_dir():
        return tree_hash(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_hash(folder: Path) -> str:
    files = {one.relative_to(folder).as_posix(): one for one in folder.rglob("*") if one.is_file()}
    return tree_sha256((name, byte_hash(files[name])) for name in sorted(files))
