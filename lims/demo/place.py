"""The demo's facility.toml, and how a demo facility is known again."""

from pathlib import Path

from lims.demo.cast import STAFF
from lims.demo.microscopes import PREFIXES, ZONE
from lims.errors import Invalid
from lims.settings import load_settings
from lims.settings.template import facility_toml

RAW = "microscopes"
SIGN = "ABOUT.txt"
ABOUT = """\
These files stand in for what microscopes write. Their formats and metadata are as vendors write them; their pixels are
pictures and spectra that ship inside installed Python packages (scikit-image, exspy), or a computed lattice. Every file
says in its comment which it is. People, projects and samples are invented.
"""
TABLES = """
[stores.raw]
url = "microscopes"   # the folder beside this file into which the demo's instruments write

[stores.derived]
url = "derived"       # results of notebooks
writable = true

[instruments.titan]
name = "Titan Themis 300"
location = "Hall A, bay 1"
store = "raw"
prefix = "{titan}/"

[instruments.arm]
name = "JEOL ARM200F with GIF"
location = "Hall A, bay 2"
store = "raw"
prefix = "{arm}/"

[instruments.krios]
name = "Krios G4"
location = "Hall B"
store = "raw"
prefix = "{krios}/"

[instruments.helios]
name = "Helios 5 FIB-SEM"
location = "Room 1.04"
store = "raw"
prefix = "{helios}/"

[instruments.gemini]
name = "GeminiSEM 560"
location = "Room 1.06"
store = "raw"
prefix = "{gemini}/"
"""


def write_place(folder: Path, login: str) -> Path:
    """The facility.toml, with `login` as staff, and the folder the instruments write to; answers with that folder."""
    text = facility_toml("Demo facility", ZONE.key, sorted({login, *STAFF}), TABLES.format(**PREFIXES))
    (folder / "facility.toml").write_text(text, encoding="utf-8")
    raw = folder / RAW
    for prefix in PREFIXES.values():
        (raw / prefix).mkdir(parents=True, exist_ok=True)
    (folder / SIGN).write_text(ABOUT, encoding="utf-8")
    return raw


def instrument_folder(folder: Path, instrument: str) -> Path:
    """Where an instrument of the demo at `folder` writes. Raises NoFacility, or Invalid where it is no demo."""
    load_settings(folder)
    if not (folder / SIGN).is_file() or instrument not in PREFIXES:
        raise Invalid(
            f"{folder} has no demo instrument {instrument!r}.",
            hint=f"Make a demo with: lims init DIR --demo; its instruments are {', '.join(sorted(PREFIXES))}.",
        )
    return folder / RAW / PREFIXES[instrument]
