"""Whose file it is, by its first bytes."""

CZI = b"ZISRAWFILE"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ND2, ND2_LEGACY = b"\xda\xce\xbe\x0a", b"\x00\x00\x00\x0cjP  \r\n\x87\n"
UTF16 = "utf-16-le"
NAMES = ("czi", "lif", "nd2", "oib", "oif")


def identify(head: bytes, name: str) -> str:
    """One of NAMES, "" for none. A compound file is Olympus' only by its name: so many others are one too."""
    ending = name.lower().rpartition(".")[2]
    if head.startswith(CZI):
        return "czi"
    if is_leica(head):
        return "lif"
    if head.startswith(ND2) or (head.startswith(ND2_LEGACY) and ending == "nd2"):
        return "nd2"
    if head.startswith(COMPOUND) and (ending == "oib" or "OibInfo.txt".encode(UTF16) in head):
        return "oib"
    return "oif" if is_oif(head) else ""


def is_leica(head: bytes) -> bool:
    """A .lif and .lof begins with a block of XML, an .xlif is such XML itself."""
    if head[:4] == b"p\0\0\0" and head[8:9] == b"*":
        return True
    words = b"<LMSDataContainer"
    return words in head[:256] or words.decode().encode(UTF16) in head[:512]


def is_oif(head: bytes) -> bool:
    """An .oif is INI text in UTF-16 (or of a later program in plain letters)."""
    plain = head.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").removeprefix(b"\xff\xfe")
    return plain.startswith((b"[FileInformation]", b"[ProfileSaveInfo]"))
