"""File names as keys, and back.

A POSIX file name is bytes, mostly UTF-8. A key is text that every table, JSON document and browser can hold:
a byte that is no UTF-8 becomes one character of U+EF80..U+EFFF (as in the MirBSD and WSL conventions), and a real
character from there becomes three of them, so the way back is exact.
"""

import os

from lims.errors import Invalid

ESCAPES = range(0xEF80, 0xF000)
SHIFT = 0xEF80 - 0xDC80


def key_of_name(name: str) -> str:
    """A name as Python's file functions give it (undecodable bytes as lone surrogates), as a part of a key."""
    if name.isascii():
        return name
    return "".join(_escape(letter) for letter in name)


def _escape(letter: str) -> str:
    code = ord(letter)
    if 0xDC80 <= code <= 0xDCFF:
        return chr(code + SHIFT)
    if code in ESCAPES:
        return "".join(chr(byte + 0xEF00) for byte in letter.encode())
    return letter


def name_of_key(key: str) -> str:
    """Inverse of `key_of_name`."""
    if key.isascii() or not any(ord(letter) in ESCAPES for letter in key):
        return key
    raw = b"".join(bytes([ord(c) - 0xEF00]) if ord(c) in ESCAPES else c.encode() for c in key)
    return os.fsdecode(raw)


def checked_key(key: str) -> str:
    """Raises Invalid for a key that would leave its store: absolute, or with empty, `.` or `..` parts."""
    parts = key.rstrip("/").split("/")
    if "\0" in key or "" in parts or "." in parts or ".." in parts:
        raise Invalid(f"{key!r} is not a key.", hint="A key is the file's path below the store, such as Titan/a.dm3.")
    return key
