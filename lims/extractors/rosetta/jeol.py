"""A JEOL analysis (.asw): the signals of the images and maps that belong to it.

RosettaSciIO follows the paths inside the .asw, which a renamed folder breaks, and opens the event list, which fills the
memory; so the files that were found beside it are read one by one.
"""

from collections.abc import Sequence
from pathlib import Path

from lims.extractors.raw import Raw
from lims.extractors.rosetta.reading import read


def read_analysis(path: Path, companions: Sequence[Path]) -> tuple[list[Raw], list[str]]:
    """Raises FileNotFoundError where no image or map came with the analysis."""
    signals: list[Raw] = []
    complaints: list[str] = []
    for companion in companions:
        if companion.suffix.lower() in (".img", ".map"):
            found, said = read(companion, "jeol-image")
            signals, complaints = signals + found, complaints + said
        elif companion.suffix.lower() in (".pts", ".eds"):
            complaints.append(f"{companion.name} is not read together with its analysis.")
    if not signals:
        raise FileNotFoundError(2, "images and maps", f"{path.stem}: images and maps of this analysis")
    return signals, complaints
