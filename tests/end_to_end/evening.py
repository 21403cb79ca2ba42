"""What an evening at the microscope is made of: real vendor files, and the hours at which they come."""

import os
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

CRYSTAL = "Lattice 800 kx.ser"
GOOD = {
    "STEM survey.dm3": "dm3/test_STEM_image.dm3",
    "Diffraction 200 mm.dm3": "dm3/test_diffraction_pattern.dm3",
    "HAADF + DF4 'overview' & \"detail\" 50%.emd": "emd_velox/fei_emd_image.emd",
    "spots_1.ser": "ser_emi_old/64x64_TEM_images_acquire_1.ser",
    "spots.emi": "ser_emi_old/64x64_TEM_images_acquire.emi",
    "Korngröße µm <1>.msa": "msa/example1.msa",
}
TRUNCATED = "EDS map.bcf"
LATE = "carbon, found on the other PC.dm3"


@dataclass(frozen=True)
class Evening:
    """Files of one instrument's folder, from `data`/vendor."""

    folder: Path
    data: Path

    def write(self, name: str, content: bytes, at: datetime | None = None) -> None:
        """Beside its name first, as a copy over the network arrives whole."""
        part = self.folder / f".{name}.part"
        part.write_bytes(content)
        if at is not None:
            os.utime(part, (at.timestamp(), at.timestamp()))
        part.rename(self.folder / name)

    def drip(self) -> None:
        """The good files one after the other, then one cut to 97 %, as when a disk fills up."""
        for name, source in GOOD.items():
            self.write(name, (self.data / "vendor" / source).read_bytes())
            time.sleep(0.2)
        whole = (self.data / "vendor" / "bcf" / "test_TEM.bcf").read_bytes()
        self.write(TRUNCATED, whole[: len(whole) * 97 // 100])

    def grow(self, name: str, source: str) -> None:
        """A file that is written while it is looked at."""
        whole = (self.data / "vendor" / source).read_bytes()
        with (self.folder / name).open("wb") as stream:
            for start in range(0, len(whole), len(whole) // 4 + 1):
                stream.write(whole[start : start + len(whole) // 4 + 1])
                stream.flush()
                time.sleep(0.3)

    def bring_late(self, at: datetime) -> None:
        """A file that was written at `at`, during the session, and only now reaches the store."""
        self.write(LATE, (self.data / "vendor" / "dm3" / "test_diffraction_pattern.dm3").read_bytes(), at)
