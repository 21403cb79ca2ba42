"""What programs write anew each time they save, and what therefore is no content."""

import re

HYPERSPY = re.compile(r"^/Experiments/[^/]+/metadata/General/FileIO(/|$)")
"""HyperSpy adds here, with a time, a record of each load and save."""
HYPERSPY_NEXUS = re.compile(r"^/[^/]+/auxiliary/hyperspy_metadata/General/FileIO(/|$)")
"""The same record in HyperSpy's .nxs files; found by comparing what saving twice, and loading and saving, changes."""
EXPERIMENT = re.compile(r"/Experiments/[^/]+")

TIFF_LAYOUT = frozenset({259, 266, 273, 278, 279, 317, 322, 323, 324, 325, 330, 347, 512, 513, 514})
"""Compression, fill order, strips, predictor, tiles, JPEG's tables, and where pages within pages stand."""
TIFF_VOLATILE = frozenset({305, 306, 316, 36867, 36868, 50971, 51159})
"""Software, DateTime, HostComputer and the other dates of EXIF."""
PNG_VOLATILE = frozenset(
    {"software", "date:create", "date:modify", "date:timestamp", "creation time", "interlace", "exif"}
)

DATES = re.compile(
    r"(?P<start><(?P<tag>(?:\w+:)?(?:AcquisitionDate|CreateDate|ModifyDate|MetadataDate|DateTime|CreatorTool))\b[^>]*>)"
    r"[^<]*(?=</(?P=tag)>)"
)
NAMES = re.compile(
    r"""\b(?P<name>UUID|Creator|(?:\w+:)?(?:CreateDate|ModifyDate|MetadataDate|CreatorTool))=(?:"[^"]*"|'[^']*')"""
)
IMAGEJ = re.compile(r"\AImageJ=[^\n\x00]*")


def without_dates(words: str) -> str:
    """A TIFF's or PNG's description (ImageJ, OME-XML, XMP) without dates, identifiers and versions of programs."""
    return NAMES.sub(r"\g<name>=", DATES.sub(r"\g<start>", IMAGEJ.sub("ImageJ=", words)))


def stable_names(found: list[str]) -> dict[str, str]:
    """Of all the paths in a file, each that stays -> the name it is known by, whatever program has written it."""
    kept = [name for name in found if not HYPERSPY.match(name) and not HYPERSPY_NEXUS.match(name)]
    experiments = sorted(name for name in kept if EXPERIMENT.fullmatch(name))
    numbers = {name: f"/Experiments/#{number}" for number, name in enumerate(experiments)}
    return {name: renamed(name, numbers) for name in kept}


def renamed(name: str, numbers: dict[str, str]) -> str:
    """HyperSpy makes the name of an experiment's group from its title, differently in different versions."""
    group = "/".join(name.split("/")[:3])
    return numbers[group] + name[len(group) :] if group in numbers else name


def is_volatile(label: str, attribute: str) -> bool:
    """HyperSpy's own version stands at each experiment."""
    return attribute == "package_version" and label.startswith("/Experiments/")
