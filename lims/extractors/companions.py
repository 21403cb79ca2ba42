"""Which files make one dataset, and which are nobody's data. Works on key strings alone; opens nothing."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

JUNK_NAMES = frozenset({"thumbs.db", "desktop.ini", "ehthumbs.db", "folder.jpg.db", ".ds_store"})
JUNK_FOLDERS = frozenset({"__macosx", "lost+found", "system volume information", "$recycle.bin"})
JUNK_ENDINGS = (".db", ".tmp", ".temp", ".lock", ".part", ".partial", ".crdownload", ".swp", ".lnk", ".bak~")


@dataclass(frozen=True)
class Group:
    """One dataset: the key to open, and the keys that come with it."""

    main: str
    companions: tuple[str, ...] = ()


def is_junk(key: str) -> bool:
    """Say whether a key is a system's or an editor's leftover, which is never registered.

    The hidden files inside a .zspy tree are data.
    """
    if tree_of(key):
        return False
    parts = key.split("/")
    name = parts[-1].lower()
    hidden = any(part.startswith(".") for part in parts if part not in (".", ".."))
    leftover = name.startswith("~$") or name.endswith("~") or name.endswith(JUNK_ENDINGS)
    return hidden or leftover or name in JUNK_NAMES or not JUNK_FOLDERS.isdisjoint(key.lower().split("/"))


def group_companions(keys: Sequence[str]) -> list[Group]:
    """Group keys (junk left out) into datasets, in the order of their main keys. Names are compared without case."""
    present = [key for key in keys if not is_junk(key)]
    owner: dict[str, str] = {}
    by_folded = {key.lower(): key for key in present}
    analyses, sheets = by_folder(present, ".asw"), by_folder(present, ".xml")
    for key in present:
        found = owner_of(key, by_folded) or analysis_of(key, analyses) or empad_sheet_of(key, sheets)
        if found is not None and found != key:
            owner[key] = found
    groups: dict[str, list[str]] = defaultdict(list)
    for key in present:
        main = final(key, owner)
        groups[main] += [] if main == key else [key]
    return [Group(main, tuple(sorted(companions))) for main, companions in sorted(groups.items())]


def final(key: str, owner: dict[str, str]) -> str:
    """Follow owners to the last; two that own each other end where they began."""
    seen = {key}
    while key in owner and owner[key] not in seen:
        key = owner[key]
        seen.add(key)
    return key


def owner_of(key: str, present: dict[str, str]) -> str | None:
    """The main key that this one belongs to, None where it stands alone. A tree (.zspy) has its folder as its key."""
    tree = tree_of(key)
    if tree:
        return tree
    return next((present[main] for main in owners(key.lower()) if main in present), None)


def tree_of(key: str) -> str:
    """The .zspy or .zarr folder that holds a key, "" where none does."""
    found = re.match(r"(.*?\.(?:zspy|zarr))/", key, re.IGNORECASE | re.DOTALL)
    return found[1] if found else ""


def by_folder(keys: Sequence[str], ending: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        if key.lower().endswith(ending):
            found[key.rpartition("/")[0]].append(key)
    return found


def empad_sheet_of(key: str, sheets: dict[str, list[str]]) -> str | None:
    """EMPAD writes scan_x256_y256.raw beside one .xml of any name."""
    folder, _, name = key.rpartition("/")
    if not re.fullmatch(r"(scan|series)_x\d+(_y\d+)?\.raw", name, re.IGNORECASE):
        return None
    return sheets[folder][0] if len(sheets.get(folder, ())) == 1 else None


def analysis_of(key: str, analyses: dict[str, list[str]]) -> str | None:
    """JEOL keeps an .asw up to two folders above its images, maps and event lists.

    Of several in one folder it is the one of whose name there is a folder, or with which the file's name begins.
    """
    if not analyses or not key.lower().endswith((".img", ".map", ".pts", ".eds", ".apb")):
        return None
    folder, _, below = key.rpartition("/")
    for _ in range(3):
        if folder in analyses:
            several = len(analyses[folder]) > 1
            return next((one for one in analyses[folder] if not several or is_named_after(below, one)), None)
        folder, _, part = folder.rpartition("/")
        below = f"{part}/{below}"
    return None


def is_named_after(below: str, analysis: str) -> bool:
    """below: the path from the analysis' folder on."""
    stem = analysis.rpartition("/")[2].rpartition(".")[0].lower()
    parts = below.lower().split("/")
    return stem in parts[:-1] or re.match(rf"{re.escape(stem)}(?![^\W_])", parts[-1]) is not None


def owners(key: str) -> Iterator[str]:
    """Possible main keys of a key in lower case, the likeliest first."""
    folder, _, name = key.rpartition("/")
    stem, _, ending = name.rpartition(".")
    base = f"{folder}/{stem}" if folder else stem
    match ending:
        case "ser":
            yield re.sub(r"_\d+$", "", base) + ".emi"
        case "hdr":
            yield from (base + end for end in (".mib", ".tif", ".tiff"))
        case "raw":
            yield from (base + end for end in (".rpl", ".xml"))
        case "h5":
            yield re.sub(r"(_data_\d{6})?$", "_master", base, count=1) + ".h5"  # Dectris: frames, words
        case "tvips":
            yield re.sub(r"_\d{3}$", "_000", base) + ".tvips"
        case "txt" | "csv":
            yield from camera_files(base, ending)
            yield from logs(base, ending)
        case "log":
            yield from logs(base, ending)
        case "ipr" | "spc":
            yield from (base + end for end in (".spd", ".lsd"))
        case "mdoc":
            yield base  # image.mrc.mdoc belongs to image.mrc
            yield from (base + end for end in (".mrc", ".st"))


def logs(base: str, ending: str) -> Iterator[str]:
    """Impulse writes NAME_Synchronized data.csv, the raw logs NAME_Heat raw.csv and others, and NAME_Metadata.log."""
    found = re.fullmatch(r"(.*)_metadata" if ending == "log" else r"(.*)_[^_]+ raw", base)
    if found:
        yield f"{found[1]}_synchronized data.csv"
        if ending == "log":
            yield from (f"{found[1]}_{kind} raw.csv" for kind in ("heat", "gas", "biasing", "ms", "mass spec"))


def camera_files(base: str, ending: str) -> Iterator[str]:
    """Direct Electron writes NAME_info.txt and NAME_scan_coordinates.csv beside NAME_movie.mrc and NAME_final.mrc."""
    yield base + ".tif" if ending == "txt" else base + ".lsd"  # Hitachi's image.txt; EDAX' line.csv
    found = re.fullmatch(r"(.*)_(?:scan_)?(?:info|coordinates)", base)
    for stem in dict.fromkeys((found[1], found[1].removesuffix("_scan"))) if found else ():
        yield from (stem + end for end in ("_movie.mrc", "_final.mrc", ".mrc"))
