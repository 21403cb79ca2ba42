"""What kind of file it is, by its first bytes."""

HEAD_BYTES = 4096
MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89HDF\r\n\x1a\n", "hdf5"),
    (512, b"\x89HDF\r\n\x1a\n", "hdf5"),
    (0, b"%PDF-", "pdf"),
    (0, b"%!PS", "postscript"),
    (0, b"PK\3\4", "zip"),
    (0, b"PK\5\6", "zip"),
    (0, b"\x1f\x8b\x08", "gzip"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\0", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!\x1a\7", "rar"),
    (257, b"ustar", "tar"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (0, b"SQLite format 3\0", "sqlite"),
    (0, b"MATLAB 5.0 MAT-file", "matlab"),
    (0, b"PAR1", "parquet"),
    (0, b"ARROW1", "arrow"),
    (128, b"DICM", "dicom"),
    (4, b"ftyp", "mp4"),
    (4, b"moov", "mp4"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (0, b"OggS", "ogg"),
    (0, b"\x7fELF", "elf"),
    (0, b"MZ", "exe"),
    (0, b"\xcf\xfa\xed\xfe", "macho"),
    (0, b"\xca\xfe\xba\xbe", "macho"),
)
RIFF = {b"AVI ": "avi", b"WAVE": "wav"}
OFFICE = (("word/", "docx"), ("ppt/", "pptx"), ("xl/", "xlsx"), ("visio/", "vsdx"))
OPEN_DOCUMENTS = {b"text": "odt", b"presentation": "odp", b"spreadsheet": "ods", b"graphics": "odg"}
PACKED_ONES = (*RIFF.values(), *(name for _, name in OFFICE), *OPEN_DOCUMENTS.values())
FORMATS = tuple(sorted({name for _, _, name in MAGIC} | set(PACKED_ONES)))
ARCHIVES = ("zip", "gzip", "bzip2", "xz", "zstd", "7z", "rar", "tar")
SAID = {
    **dict.fromkeys(ARCHIVES, "An archive: what is packed in it is not read."),
    **dict.fromkeys(("mp4", "avi", "matroska", "ogg"), "A film: it is not shown."),
    **dict.fromkeys(("elf", "exe", "macho"), "A program: it is kept, and never run."),
    "empty": "The file is empty.",
    "unknown": "No reader knows these bytes.",
}


def format_of(head: bytes) -> str:
    """The format's name, "unknown" for none of them, "empty" for no bytes."""
    if not head:
        return "empty"
    if head[:4] == b"RIFF":
        return RIFF.get(head[8:12], "unknown")
    return next((name for at, magic, name in MAGIC if head[at : at + len(magic)] == magic), "unknown")


def sentence(format_name: str) -> str:
    return SAID.get(format_name, f"No reader for {format_name} yet.")
