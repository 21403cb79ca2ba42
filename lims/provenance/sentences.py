"""What a relation means, in a sentence that a person would say."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 200
PREFIXES = ((1.0, "m"), (1e-3, "mm"), (1e-6, "µm"), (1e-9, "nm"), (1e-12, "pm"))
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode's categories of control, format (those that turn the direction are among them) and unassigned characters."""


@dataclass(frozen=True)
class Meaning:
    """What a relation says of any two things: `{output}{verb}{before}{input}{after}`. Made once for many edges."""

    verb: str
    before: str
    after: str = ""

    def told(self, source: str, made: str) -> str:
        """Of names that are `harmless`; without the output's only what it is of the input."""
        what = f"{self.before}{source}{self.after}"
        return f"{made}{self.verb}{what}" if made else what


def told(relation: str, params: Mapping[str, Any], input_name: str, output_name: str = "") -> str:
    """`Eve_FFT is the FFT of Eve`; without the output's name only `the FFT of Eve`."""
    return meaning(relation, params).told(harmless(input_name), harmless(output_name))


def meaning(relation: str, params: Mapping[str, Any]) -> Meaning:
    """Of sections and Fourier transforms it is known what their parameters mean; of all others these are listed.

    Relations are free text: what counts is how it begins, `inverse FFT of spot A`, `crop 512 × 512`.
    """
    relation = relation.strip()
    begins = relation.lower()
    if starts(begins, "crop"):
        return Meaning(" is ", "the section of ", f"{size(params)}{place(params)}")
    if starts(begins, "inverse fft", "ifft", "inverse fourier transform"):
        return Meaning(" is ", f"the inverse FFT of {vector(params)}")
    if starts(begins, "fft", "fourier transform"):
        return Meaning(" is ", "the FFT of ")
    if begins == "figure of":
        return Meaning(" is ", "a figure of ")
    by = f" by {harmless(relation)}" if relation else ""
    return Meaning(" was ", "made from ", f"{by}{listing(params)}")


def starts(relation: str, *words: str) -> bool:
    return any(relation == word or relation.startswith(f"{word} ") for word in words)


# --- sections and vectors ---------------------------------------------------------------------------------------


def size(params: Mapping[str, Any]) -> str:
    """` of 512 × 512 px (10.2 × 10.2 nm)`."""
    pixels = [number(params.get(name)) for name in ("width", "height")]
    if None in pixels:
        return ""
    lengths = [number(params.get(name)) for name in ("width_m", "height_m")]
    known = [length for length in lengths if length is not None]
    metres = f" ({in_metres(known)})" if len(known) == 2 else ""
    return f" of {pixels[0]:.6g} × {pixels[1]:.6g} px{metres}"


def place(params: Mapping[str, Any]) -> str:
    """` at x = 128 px, y = 64 px`: of the upper left corner."""
    x, y = number(params.get("x0")), number(params.get("y0"))
    return "" if x is None or y is None else f" at x = {x:.6g} px, y = {y:.6g} px"


def vector(params: Mapping[str, Any]) -> str:
    """`the [220] vector of `, or where it has no name the spot's letter, or its components."""
    named = params.get("vector")
    if isinstance(named, str) and named.strip():
        return f"the {harmless(named.strip())} vector of "
    spacing = f" ({value_text(params['spacing'])})" if "spacing" in params else ""
    if "spot" in params:
        return f"spot {value_text(params['spot'])}{spacing} of "
    if "vector_x" in params and "vector_y" in params:
        return f"the vector {value_text(params['vector_x'])}, {value_text(params['vector_y'])}{spacing} of "
    return ""


def in_metres(lengths: list[float]) -> str:
    """Lengths in m with the prefix that suits the largest: `10.2 × 5.1 nm`."""
    largest = max(abs(length) for length in lengths)
    factor, unit = next((one for one in PREFIXES if largest >= one[0] * 0.9995), PREFIXES[-1])
    return f"{' × '.join(f'{length / factor:.3g}' for length in lengths)} {unit}"


def number(value: Any) -> float | None:
    """Of a number, or of one with a unit; None for anything else."""
    if isinstance(value, Mapping):
        value = value.get("value")
    fits = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")
    return float(value) if fits else None


# --- any parameter ----------------------------------------------------------------------------------------------


def listing(params: Mapping[str, Any]) -> str:
    """` (window: hann, mask: 6 px)`; "" without any."""
    listed = ", ".join(f"{harmless(str(name))}: {value_text(value)}" for name, value in params.items())
    return f" ({listed})" if listed else ""


def value_text(value: Any) -> str:
    """A parameter as people write it: text bare, `{"value": 6, "unit": "px"}` as `6 px`, all else as JSON."""
    if isinstance(value, Mapping) and set(value) == {"value", "unit"}:
        return f"{value_text(value['value'])} {harmless(str(value['unit']))}".strip()
    if isinstance(value, float):
        return f"{value:.6g}"
    return harmless(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


def harmless(text: str) -> str:
    """In one line, without characters that are not seen but turn, hide or end what is beside them."""
    if len(text) <= LONGEST and text.isprintable():  # nearly always; no such character is printable
        return text
    seen = (" " if letter.isspace() else letter for letter in text[: LONGEST + 1])
    shown = "".join("\ufffd" if unicodedata.category(letter) in INVISIBLE else letter for letter in seen)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"
