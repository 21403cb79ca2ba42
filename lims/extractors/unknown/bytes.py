"""What unknown bytes look like: the first of them, how mixed they are, and what can be read in them."""

import re
from pathlib import Path
from typing import Any

import numpy as np

LOOKED_AT = 1 << 16
FIRST, MOST_WORDS = 32, 20
WORD = re.compile(rb"[ -~]{6,80}")


def bytes_tree(path: Path) -> dict[str, Any]:
    """entropy: in bits per byte; near 8 is packed or encrypted, below 6 is text or a sparse table."""
    with path.open("rb") as file:
        raw = file.read(LOOKED_AT)
    counts = np.bincount(np.frombuffer(raw, np.uint8), minlength=256)
    shares = counts[counts > 0] / len(raw)
    entropy = abs(float(-(shares * np.log2(shares)).sum()))
    words = [found.decode() for found in WORD.findall(raw)[:MOST_WORDS]]
    tree: dict[str, Any] = {"first_bytes": raw[:FIRST].hex(" "), "entropy": round(entropy, 2)}
    return tree | ({"words": words} if words else {})
