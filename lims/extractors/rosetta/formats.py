"""Whose file it is: by its first bytes; the name only decides where the bytes leave it open."""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

Sniff = Callable[[bytes, str], bool]


@dataclass(frozen=True)
class Format:
    """A format and the RosettaSciIO plug-in that reads it. sniff: (first 4 KiB, suffix in lower case) -> is it?"""

    name: str
    reader: str
    sniff: Sniff


def starts(*magic: bytes) -> Sniff:
    return lambda head, suffix: head.startswith(magic)


def holds(*words: bytes) -> Sniff:
    return lambda head, suffix: any(word in head for word in words)


def suffix(*suffixes: str) -> Sniff:
    return lambda head, suffix: suffix in suffixes


def both(one: Sniff, other: Sniff) -> Sniff:
    return lambda head, suffix: one(head, suffix) and other(head, suffix)


def is_emi(head: bytes, suffix: str) -> bool:
    return head.startswith(b"JK\0\2") or (suffix == ".emi" and not any(head))  # some are published with zeroed data


def is_ser(head: bytes, suffix: str) -> bool:
    return head[:4] == b"II\x97\x01"


def is_mrc(head: bytes, suffix: str) -> bool:
    """MRC has a stamp at byte 208 since 2000; older files have plausible sizes and a name."""
    if len(head) < 1024:
        return False
    columns, rows, sections, mode = struct.unpack_from(">4i" if head[212:214] == b"\x11\x11" else "<4i", head)
    plausible = 0 < columns < 1 << 20 and 0 < rows < 1 << 20 and 0 <= sections < 1 << 24 and mode in MRC_MODES
    return plausible and (head[208:211] == b"MAP" or suffix in (".mrc", ".ali", ".rec", ".st"))


MRC_MODES = (0, 1, 2, 3, 4, 6, 12)


def is_semper(head: bytes, suffix: str) -> bool:
    return suffix == ".unf" and len(head) > 16 and struct.unpack_from("<i", head)[0] < 1 << 12


def is_tvips(head: bytes, suffix: str) -> bool:
    return suffix == ".tvips" and head[:4] in (b"\x00\x01\x00\x00", b"\x80\x00\x00\x00")


def is_spc(head: bytes, suffix: str) -> bool:
    return suffix in (".spc", ".spd", ".lsd") and len(head) > 64


def is_quadstar(head: bytes, suffix: str) -> bool:
    """The program's number stands there as a text: 32, 421."""
    return suffix in (".sac", ".sbc") and re.match(rb"\d{2,3}\0", head[2:6]) is not None


def is_protochips(head: bytes, suffix: str) -> bool:
    return re.match(rb"Time, ?Notes,", head) is not None and b"Time units" in head


def is_impulse(head: bytes, suffix: str) -> bool:
    first = head.partition(b"\n")[0]
    return b"TimeStamp,Experiment time" in first and re.search(rb"MFC|Temperature|Measured", first) is not None


HDF5 = b"\x89HDF\r\n\x1a\n"

FORMATS: tuple[Format, ...] = (
    Format("dm3", "digitalmicrograph", starts(b"\0\0\0\3")),
    Format("dm4", "digitalmicrograph", starts(b"\0\0\0\4\0\0\0\0")),
    Format("emi", "tia", is_emi),
    Format("ser", "tia", is_ser),
    Format("tiff", "tiff", starts(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    Format("bcf", "bruker", starts(b"AAMVHFSS")),
    Format("spx", "bruker", both(holds(b"<TRTSpectrum", b'ClassInstance Type="TRTSpectrum'), starts(b"<?xml"))),
    Format("blo", "blockfile", starts(b"IMGBLO")),
    Format("mib", "quantumdetector", starts(b"MQ1,")),
    Format("msa", "msa", starts(b"#FORMAT      : EMSA/MAS", b"#FORMAT")),
    Format("elid", "phenom", both(starts(b"BZh"), suffix(".elid"))),
    Format("rpl", "ripple", suffix(".rpl")),
    Format("wdf", "renishaw", starts(b"WDF1")),
    Format("sur", "digitalsurf", starts(b"DSCOMPRESSED", b"DIGITAL SURF")),
    Format("tvf", "trivista", holds(b"TriVista-File", b"<XmlMain")),
    Format("jobinyvon", "jobinyvon", holds(b"<LSX_Data", b"LSX_Tree")),
    Format("empad", "empad", both(starts(b"<root"), holds(b"EMPAD", b"<timestamp", b"pix_x"))),
    Format("zspy", "zspy", suffix(".zspy")),
    Format("prz", "pantarhei", both(starts(b"PK\3\4"), suffix(".prz"))),
    Format("npy", "numpy", starts(b"\x93NUMPY")),
    Format("netcdf", "netcdf", starts(b"CDF\1", b"CDF\2")),
    Format("jeol-image", "jeol", holds(b"JED-2200:LibJxImageForm", b"LibJxImageForm")),
    Format("jeol-pts", "jeol", holds(b"PTTDFILE")),
    Format("jeol-asw", "jeol", both(holds(b"Analys"), suffix(".asw"))),
    Format("jeol-eds", "jeol", both(suffix(".eds"), lambda head, suffix: len(head) > 128)),
    Format("hamamatsu-img", "hamamatsu", both(starts(b"IM"), suffix(".img"))),
    Format("dens", "dens", both(holds(b"Digiheater"), suffix(".dens"))),
    Format("protochips", "protochips", is_protochips),
    Format("impulse", "impulse", is_impulse),
    Format("quadstar", "quadstar", is_quadstar),
    Format("spc", "edax", is_spc),
    Format("tvips", "tvips", is_tvips),
    Format("semper", "semper", is_semper),
    Format("mrc", "mrc", is_mrc),
)

INSIDE_HDF5: tuple[tuple[str, str], ...] = (
    ("emd-velox", "emd"),
    ("emd-ncem", "emd"),
    ("hspy", "hspy"),
    ("topspin", "topspin"),
    ("delmic", "delmic"),
    ("usid", "usid"),
    ("nexus-hyperspy", "nexus"),
)
"""(format, reader) of what an HDF5 file may be; which one, only a look inside can tell: inside_hdf5.py."""

READERS = dict(INSIDE_HDF5) | {format.name: format.reader for format in FORMATS}

OWN = {
    "elid": "lims.extractors.rosetta.elid",
    "emd-velox": "lims.extractors.rosetta.velox",
    "impulse": "lims.extractors.rosetta.impulse",
    "jeol-pts": "lims.extractors.rosetta.jeol_pts",
    "mib": "lims.extractors.rosetta.mib",
    "zspy": "lims.extractors.rosetta.zspy",
}
"""Modules of ours that read a format by its RosettaSciIO reader, and better."""


def module_of(format_name: str) -> str:
    """The module whose `file_reader` reads a format, for HyperSpy, too."""
    return OWN.get(format_name) or f"rsciio.{READERS[format_name]}"


def identify(head: bytes, name: str) -> str:
    """The format's name, "hdf5" where one must look inside, "" where it is none of these."""
    if head.startswith(HDF5):
        return "hdf5"
    ending = PurePath(name).suffix.lower()
    return next((format.name for format in FORMATS if format.sniff(head, ending)), "")
