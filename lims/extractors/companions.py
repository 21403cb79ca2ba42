"""Which files make one dataset, and which are nobody's data. Works on key strings alone; opens nothing."""

import re
from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

JUNK_NAMES = frozenset({"thumbs.db", "desktop.ini", "ehthumbs.db", "folder.jpg.db", ".ds_store"})
JUNK_FOLDERS = frozenset({"__macosx", "lost+found", "system volume information", "$recycle.bin"})
NORDIF = r"setting\.txt|(background|calibration|acquisition|area)\b.*\.bmp"
"""What NORDIF's program writes beside a Pattern.dat."""
JUNK_ENDINGS = (".db", ".tmp", ".temp", ".lock", ".part", ".partial", ".crdownload", ".swp", ".lnk", ".bak~")


@dataclass(frozen=True)
class Group:
    """One dataset: the key to open, and the keys that come with it."""

    main: str
    companions: tuple[str, ...] = ()


NEEDS: dict[str, tuple[str, ...]] = {
    "emi": ("ser",),
    "mib": ("hdr",),
    "hdr": ("mib", "tif", "tiff"),
    "rpl": ("raw",),
    "raw": ("rpl", "xml"),
    "lof": ("xlif",),
    "xlif": ("lof",),
    "mdoc": ("mrc", "st", "tif", "tiff", "eer"),
}
"""What a file of such an ending is written together with, one of these: it may come a little later.

A .ser is whole without its .emi, which joins it when it comes.
"""
TREE = re.compile(r"(.*?\.(?:zspy|zarr))/", re.IGNORECASE | re.DOTALL)
PLANES = ".oif.files/"


def is_junk(key: str) -> bool:
    """Say whether a key is a system's or an editor's leftover, which is never registered.

    The hidden files inside a .zspy tree are data.
    """
    parts = key.lower().split("/")
    name = parts[-1]
    hidden = any(part.startswith(".") for part in parts if part not in (".", ".."))
    leftover = name.startswith("~$") or name.endswith("~") or name.endswith(JUNK_ENDINGS)
    looks_so = hidden or leftover or name in JUNK_NAMES or not JUNK_FOLDERS.isdisjoint(parts)
    return looks_so and not tree_of(key)


def awaited(keys: Sequence[str], folders_with_mdoc: Container[str] = ()) -> str:
    """What should come with these keys of one dataset and is not there yet, such as ".ser"; "" where they are whole.

    folders_with_mdoc: where SerialEM writes, whose .mdoc comes after its image.
    """
    folded = [key.lower() for key in keys]
    endings = {key.rpartition(".")[2] for key in folded}
    for ending in sorted(endings & NEEDS.keys()):
        if endings.isdisjoint(NEEDS[ending]):
            return " or ".join("." + one for one in NEEDS[ending])
    if endings & {"mrc", "st"} and "mdoc" not in endings and keys[0].rpartition("/")[0] in folders_with_mdoc:
        return ".mdoc"
    has_planes, has_oif = any(PLANES in key for key in folded), "oif" in endings
    if has_planes != has_oif:
        return ".oif.files" if has_oif else ".oif"
    if any(key.endswith("_master.h5") for key in folded) != any(re.search(r"_data_\d{6}\.h5$", key) for key in folded):
        return "_data_000001.h5" if folded[0].endswith("_master.h5") else "_master.h5"
    return ""


def locks_of(key: str) -> Iterator[str]:
    """Keys of what programs lay beside a file that they are writing.

    NAME.lock and NAME.tmp (many), ~$NAME and, of longer names, ~$ in place of the first two letters (Microsoft's owner
    files), .~lock.NAME# (LibreOffice), .NAME.swp (Vim). No vendor of microscopes has documented one of its own.
    """
    folder, slash, name = key.rpartition("/")
    beside = (f"{name}.lock", f"{name}.tmp", f"~${name}", f"~${name[2:]}", f".~lock.{name}#", f".{name}.swp")
    yield from (folder + slash + one for one in beside)


def group_companions(keys: Sequence[str]) -> list[Group]:
    """Group keys (junk left out) into datasets, in the order of their main keys. Names are compared without case."""
    return grouped([key for key in keys if not is_junk(key)])


def grouped(present: Sequence[str]) -> list[Group]:
    """As `group_companions`, of keys that are known to be no junk."""
    owner: dict[str, str] = {}
    by_folded = {key.lower(): key for key in present}
    analyses, sheets = by_folder(present, ".asw"), by_folder(present, ".xml")
    movies = by_folder(present, ".mib")
    for key in present:
        found = owner_of(key, by_folded) or analysis_of(key, analyses) or empad_sheet_of(key, sheets)
        found = found or first_part_of(key, movies)
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
    found = TREE.match(key)
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
    if not sheets or not re.fullmatch(r"(scan|series)_x\d+(_y\d+)?\.raw", name, re.IGNORECASE):
        return None
    return sheets[folder][0] if len(sheets.get(folder, ())) == 1 else None


def first_part_of(key: str, movies: dict[str, list[str]]) -> str | None:
    """Merlin writes one NAME.hdr for NAME1.mib, NAME_000002.mib …; it goes with the first."""
    folder, _, name = key.rpartition("/")
    stem, _, ending = name.lower().rpartition(".")
    if ending != "hdr" or not stem:
        return None
    parts = re.compile(re.escape(stem) + r"_?\d+\.mib")
    return min((one for one in movies.get(folder, ()) if parts.fullmatch(one.rpartition("/")[2].lower())), default=None)


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
    if folder.endswith(".oif.files"):
        yield folder.removesuffix(".files")  # Olympus: a.oif and its planes in a.oif.files/
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
            yield re.sub(r"_data_\d{6}$", "", base) + "_master.h5"  # Dectris: its data, and NAME.h5 about the scan
        case "lof":
            yield base + ".xlif"  # Leica: the words in one, the pixels in the other
        case "tvips":
            yield re.sub(r"_\d{3}$", "_000", base) + ".tvips"
        case "txt" | "bmp" if re.fullmatch(NORDIF, name):
            yield f"{folder}/pattern.dat" if folder else "pattern.dat"
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
