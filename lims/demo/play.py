"""A live session in the demo facility: the instrument writes file after file while people look on."""

import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from lims.demo.formats import WRITERS
from lims.demo.formats.serialem import mdoc_of
from lims.demo.microscopes import ZONE
from lims.demo.place import instrument_folder
from lims.demo.recipes import RECIPES, Recipe, file_name, shot_of
from lims.facility.facility import Facility
from lims.model import Session

PROGRAMMES: dict[str, tuple[str, ...]] = {
    "titan": ("haadf survey", "haadf survey", "haadf", "haadf", "haadf", "haadf", "particles", "haadf survey"),
    "arm": ("adf", "low loss", "low loss", "core loss", "core loss", "adf"),
    "helios": ("fracture", "fracture", "fracture", "lamella", "lamella", "lamella"),
    "gemini": ("grains", "grains", "grating", "reference eds", "grains", "grains"),
    "krios": ("shutter closed", "exposure", "exposure", "exposure", "exposure", "exposure"),
}
"""What each instrument records in a minute, in this order. EMSA text knows no seconds, so none of it here."""

ABOUT = {
    "titan": ("AM-12", "17-4-500C", "A live session on the Titan"),
    "arm": ("OXI-03", "STO-LMO-2", "A live session with the GIF"),
    "helios": ("AM-12", "17-4-500C", "A live session on the Helios"),
    "gemini": ("AM-12", "17-4-500C", "A live session on the Gemini"),
    "krios": ("BIO-21", "GroEL-4", "A live session on the Krios"),
}
"""(project, sample, title) of a session that the player itself starts."""

PIECES = 4
"""A file grows in so many pieces, over half of the time there is for it."""


@dataclass(frozen=True)
class Player:
    """sleep: how to wait; a test hands in its own."""

    facility: Facility
    folder: Path
    instrument: str
    say: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep

    def play(self, session: Session, seconds: float) -> list[Path]:
        """Write the instrument's programme within `seconds`; answers with the files. Raises NoFacility, Invalid."""
        target = instrument_folder(self.folder, self.instrument)
        programme = PROGRAMMES[self.instrument]
        written: list[Path] = []
        for name in programme:
            path = self.record(target, RECIPES[name], session, len(written) + 1, seconds / len(programme))
            self.say(f"{datetime.now(ZONE):%H:%M:%S}  {path.name}")
            written.append(path)
        return written

    def session(self) -> Session:
        """The one that is open on the instrument, else a new one. Raises NoFacility, Invalid."""
        instrument_folder(self.folder, self.instrument)
        opened = self.facility.instrument_now(self.instrument).open
        if opened:
            self.say(f"files go to the session that is open on {self.instrument}: {opened[0].id}")
            return opened[0]
        project, sample, title = ABOUT[self.instrument]
        session = self.facility.start_session(self.instrument, project=project, sample=sample, title=title)
        self.say(f"started session {session.id} on {self.instrument}")
        return session

    def record(self, folder: Path, recipe: Recipe, session: Session, number: int, seconds: float) -> Path:
        """One acquisition: the file grows, its companion comes late, then there is a pause."""
        at = datetime.now(UTC).astimezone(ZONE)
        seed = zlib.crc32(f"{session.id} {number}".encode())
        shot = shot_of(recipe, at, session.user, session.sample or "sample", number, seed)
        today = folder / f"{at:%Y}" / f"{at:%Y-%m-%d} live"
        today.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory() as scratch:
            whole = Path(scratch) / file_name(recipe, shot)
            WRITERS[recipe.format](whole, shot)
            path = free_name(today / whole.name)
            for piece in pieces(whole.read_bytes()):
                with path.open("ab") as file:
                    file.write(piece)
                self.sleep(seconds / 2 / PIECES)
            self.sleep(seconds / 2)
            if mdoc_of(whole).exists():
                mdoc_of(path).write_bytes(mdoc_of(whole).read_bytes())
        return path


def pieces(content: bytes) -> Iterator[bytes]:
    step = -(-len(content) // PIECES)
    return (content[start : start + step] for start in range(0, len(content), step))


def free_name(path: Path) -> Path:
    """A second play on the same day overwrites nothing."""
    tried, number = path, 1
    while tried.exists():
        number += 1
        tried = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return tried
