"""csv-1: the cells of a table (.csv, .tsv) or the lines of a text (.txt).

The encoding and its mark, the ends of lines, the quotes and empty lines at the end do not matter; how a number is
written does. Every file is a text of some kind, so that none is refused.
"""

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

from lims.provenance.content.digests import add
from lims.provenance.content.whole import byte_hash

SEPARATORS = {".tsv": "\t"}
CANDIDATES = ",;\t"
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def csv_hash(path: Path) -> str:
    """Of a table with a cell larger than Python's csv module takes (128 KiB), the bytes."""
    try:
        return f"csv-1:{rows_hash(path, encoding_of(path))}"
    except csv.Error:
        return f"bytes:{byte_hash(path)}"


def rows_hash(path: Path, encoding: str) -> str:
    digest, empty = hashlib.sha256(), 0
    for row in rows(path, encoding):
        if not any(row):
            empty += 1
            continue
        add(digest, *["0"] * empty, str(len(row)), *row)
        empty = 0
    return digest.hexdigest()


def rows(path: Path, encoding: str) -> Iterator[list[str]]:
    """The cells of each line; of a text each line as one cell. Raises csv.Error."""
    if path.suffix.lower() == ".txt":
        with path.open(encoding=encoding) as file:
            for line in file:
                yield [line.removesuffix("\n")]
        return
    with path.open(encoding=encoding, newline="") as file:
        yield from csv.reader(file, delimiter=separator_of(path, encoding))


def separator_of(path: Path, encoding: str) -> str:
    """What stands most often in the first line; of equals the comma."""
    named = SEPARATORS.get(path.suffix.lower())
    if named:
        return named
    with path.open(encoding=encoding) as file:
        line = "".join(file.readline(1 << 16).split('"')[::2])  # not what stands in quotes
    return max(CANDIDATES, key=line.count)


def encoding_of(path: Path) -> str:
    """UTF-8 where the whole file is; else that of its mark; else Latin-1, in which every file is a text."""
    with path.open("rb") as file:
        marked = MARKS.get(file.read(2))
    for encoding in filter(None, (marked, "utf-8-sig")):
        try:
            with path.open(encoding=encoding) as text:
                while text.read(1 << 20):
                    pass
        except UnicodeError:
            continue
        return encoding
    return "latin-1"
