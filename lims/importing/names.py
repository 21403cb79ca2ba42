"""Which names inside an archive may become files. A name that is refused costs its own file and no other."""

import re
import unicodedata

from lims.stores.keys import key_of_name

LONGEST_PART, LONGEST = 255, 2000


def refusal_of(name: str) -> str:
    """Why no file may be called so, "" where it may. name: as the archive has it."""
    parts = name.split("/")
    if name.startswith("/"):
        return "an absolute path"
    if ".." in parts:
        return "a path that leads out of the archive"
    if "\\" in name:
        return "a backslash in its name"
    if re.match(r"[A-Za-z]:", name):
        return "a drive letter"
    if "\0" in name or not any(parts):
        return "no name for a file"
    sizes = [len(part.encode(errors="surrogateescape")) for part in parts]
    return "too long a name" if max(sizes) > LONGEST_PART or sum(sizes) > LONGEST else ""


def path_of(name: str) -> str:
    """A name that was not refused, as a part of a key: `tar .` writes ./a//b."""
    return key_of_name("/".join(part for part in name.split("/") if part not in ("", ".")))


class Taken:
    """Paths so far. Of two that some disk could not tell apart, the second is refused."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.folders: set[str] = set()

    def refusal(self, path: str) -> str:
        """Why there cannot be this one too, "" where it is taken now."""
        folded = fold(path)
        parents = [folded[: found.start()] for found in re.finditer("/", folded)]
        above = next((self.files[one] for one in parents if one in self.files), None)
        if folded in self.files:
            same = self.files[folded] == path
            return "a second file of this name" if same else f"its name differs from {self.files[folded]} only in case"
        if folded in self.folders or above is not None:
            return f"a file and a folder of one name, {above or path}"
        self.files[folded] = path
        self.folders.update(parents)
        return ""


def fold(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()
