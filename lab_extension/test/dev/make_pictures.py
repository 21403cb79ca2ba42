"""Draw the development page's previews from real microscope files (LIMS_SAMPLE_DATA) and scikit-image's pictures.

    python test/dev/make_pictures.py test/dist/pictures
"""

import json
import os
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

NAMES = ("cell", "brick", "grass", "gravel", "moon", "microaneurysms", "coins", "text", "camera", "clock", "page")


def stretched(array: np.ndarray) -> Image.Image:
    array = np.asarray(array, float)
    array = array[..., 0] if array.ndim == 3 else array
    low, high = np.percentile(array, (0.5, 99.5))
    return Image.fromarray((np.clip((array - low) / (high - low + 1e-9), 0, 1) * 255).astype("uint8"))


READERS = {".dm3": "digitalmicrograph", ".dm4": "digitalmicrograph", ".ser": "tia", ".tif": "tiff", ".emd": "emd"}


def microscope_files() -> list[Image.Image]:
    """Images with something to see in them; not every sample file reads, and none has to."""
    folder = Path(os.environ.get("LIMS_SAMPLE_DATA", "../../shared/data")) / "vendor"
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.suffix in READERS):
        try:
            reader = import_module(f"rsciio.{READERS[path.suffix]}").file_reader
            signal = np.asarray(reader(str(path))[0]["data"])
        except Exception as error:  # noqa: BLE001  (a development script: the next file will do)
            print(path.name, error, file=sys.stderr)
            continue
        if signal.ndim == 2 and min(signal.shape) >= 128 and np.unique(signal).size > 64:
            found.append(stretched(signal[:1536, :1536]))
    return found[:16]


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pictures = microscope_files() + [stretched(getattr(data, name)()) for name in NAMES]
    sizes = []
    for number, picture in enumerate(pictures):
        large, small = picture.copy(), picture.copy()
        large.thumbnail((768, 768))
        small.thumbnail((256, 256))
        large.save(folder / f"{number}.webp", quality=82)
        small.save(folder / f"{number}.t.webp", quality=75)
        sizes.append(large.size)
    (folder / "index.json").write_text(json.dumps(sizes))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
