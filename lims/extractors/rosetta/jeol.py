"""A JEOL analysis (.asw): its own tree, and the signals of the images, maps and spectra that belong to it.

RosettaSciIO follows the paths inside the .asw, which a renamed folder breaks; so the files that were found beside it
are read one by one.
"""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lims.extractors.raw import Raw
from lims.extractors.rosetta.reading import read
from lims.plugins import reason_of

FORMATS = {".img": "jeol-image", ".map": "jeol-image", ".pts": "jeol-pts", ".eds": "jeol-eds"}


def read_analysis(companions: Sequence[Path]) -> tuple[list[Raw], list[str]]:
    """(signals, warnings). A file of the analysis that cannot be read costs only itself."""
    signals: list[Raw] = []
    complaints: list[str] = []
    for companion in companions:
        format_name = FORMATS.get(companion.suffix.lower())
        if format_name is None:
            complaints.append(f"{companion.name} belongs to the analysis, and no reader knows what is in it.")
            continue
        try:
            found, said = read(companion, format_name)
        except (ValueError, OSError, LookupError, TypeError, AttributeError) as error:
            complaints.append(f"{companion.name} cannot be read: {reason_of(error, companion)}")
            continue
        signals, complaints = signals + found, complaints + said
    if not signals:
        complaints.append("Its images, maps and spectra were not found with it, or are datasets of their own.")
    return signals, complaints


def tree_of_analysis(path: Path) -> dict[str, Any]:
    """What the .asw itself says: samples, views, and of each view the files with their keywords."""
    with path.open("rb") as file:
        file.seek(12)
        return {"asw": importlib.import_module("rsciio.jeol._api")._parsejeol(file)}  # which costs 0.2 s
