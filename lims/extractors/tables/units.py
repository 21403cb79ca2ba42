"""Names of columns and the units in them: "Temp (°C)", "Pressure [mbar]", "I / mA", "temp_C"."""

import re

BASES = """
    m s g A K V W Hz N Pa J C F S T H L l Å ° °C °F degC degF deg rad % bar Torr torr psi eV min h hr hrs d ppm ppb
    rpm sccm slm cps cts counts count px pixel pixels ohm Ohm Ohms Ω dB dBm mol M Gy G Oe RH au a.u. arb.u. Kelvin
    sec secs seconds minutes hours days msec µsec micron microns mmHg Volts Volt Amps Amp
""".split()  # noqa: SIM905
PREFIXES = ("", "f", "p", "n", "u", "µ", "μ", "m", "c", "d", "k", "M", "G", "T")
KNOWN = frozenset(prefix + base for base in BASES for prefix in PREFIXES)
BRACKETS = re.compile(r"(.*?)\s*[(\[{]\s*([^()\[\]{}]{1,16}?)\s*[)\]}]\s*")
SLASH = re.compile(r"(.*\S)\s+/\s+(\S+)|(\w[^/]*)/(\S+)")
TAIL = re.compile(r"(.+)_([A-Za-zµ°%]+)")
SPELLED = {"pct": "%", "percent": "%", "degC": "°C", "degF": "°F", "Ohm": "Ω", "ohm": "Ω", "torr": "Torr"}
LETTERS = {
    "C": ("°C", "temp|chiller|water|cryo|heater"),
    "K": ("K", "temp|cryo"),
    "V": ("V", "volt|bias|u$|v$|supply|hv|ht"),
    "A": ("A", "current|emission|i$|probe"),
    "W": ("W", "power"),
    "s": ("s", "time|elapsed|exposure|dwell|t$|duration|period"),
    "h": ("h", "time|elapsed|duration"),
    "m": ("m", "distance|length|height|position|stage"),
    "g": ("g", "mass|weight"),
}
"""One letter at the end of a name is a unit only where the name says what is measured: channel_A is not in ampere."""


def is_unit(text: str) -> bool:
    """Whether it is made of units alone: "mbar", "W/m²", "1/cm", "counts", not "angle"."""
    parts = [part for part in re.split(r"[\s*/·.^⁻²³¹0-9-]+", text) if part]
    return text in KNOWN or (bool(parts) and all(part in KNOWN for part in parts))


def split(header: str) -> tuple[str, str]:
    """(name, unit), the unit "" where the header has none."""
    words = header.strip()
    for form in (BRACKETS, SLASH):
        found = form.fullmatch(words)
        if found:
            name, unit = (part for part in found.groups() if part is not None)
            if name and is_unit(unit):
                is_warmth = unit == "C" and re.search(r"temp|\bt", name.lower())
                return name.strip(), "°C" if is_warmth else SPELLED.get(unit, unit)
    found = TAIL.fullmatch(words)
    unit = tail_unit(found[1], found[2]) if found else ""
    return words, unit


def tail_unit(name: str, tail: str) -> str:
    if tail in LETTERS:
        unit, said = LETTERS[tail]
        return unit if re.search(said, name.lower()) else ""
    return SPELLED.get(tail, tail) if tail in KNOWN or tail in SPELLED else ""
