"""When a file was made, which Python's os.stat does not say on Linux: the system call statx does.

Source: linux/stat.h.
"""

import ctypes
import os
import sys
from functools import cache
from typing import Any

AT_FDCWD, HAS_BIRTH, SIZE, MASK_AT, BIRTH_AT = -100, 0x800, 256, 0, 80


def born_ns(path: str) -> int | None:
    """Nanoseconds since 1970; None where there is no file, or where the file system does not keep it."""
    if sys.platform != "linux":
        return None
    found = ctypes.create_string_buffer(SIZE)
    if statx()(AT_FDCWD, os.fsencode(path), 0, HAS_BIRTH, found) != 0:
        return None
    if not ctypes.c_uint32.from_buffer(found, MASK_AT).value & HAS_BIRTH:
        return None
    seconds = ctypes.c_int64.from_buffer(found, BIRTH_AT).value
    return seconds * 10**9 + ctypes.c_uint32.from_buffer(found, BIRTH_AT + 8).value


@cache
def statx() -> Any:
    function = ctypes.CDLL(None).statx
    function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_uint, ctypes.c_char_p)
    return function
