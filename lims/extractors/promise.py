"""What a file's name promises: bytes that no reader of that format knows are then damage, not another kind of file."""

import re
from pathlib import Path

BINARY = re.compile(
    r"\.(dm[234]|emd|emi|ser|bcf|mib|blo|mrc|hspy|zspy|nxs|h5|hdf5|h5oina|tiff?|jpe?g|png|bmp|gif|czi|lif|nd2|oib"
    r"|elid|pts|asw|wdf|spd|sur|pro|prz|app5)"
)
"""Suffixes whose files are binary and begin in a known way, whoever writes them."""


class BrokenPromise(ValueError):
    """The bytes are not what the name says."""


def check_promise(path: Path, says: str) -> None:
    """Raises BrokenPromise where a file of this name would have been recognised by its first bytes."""
    suffix = path.suffix.lower()
    if path.is_file() and BINARY.fullmatch(suffix):
        raise BrokenPromise(f"it is named {suffix}, but {says}; it is damaged, half written, or something else")
