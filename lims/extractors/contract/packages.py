"""Which extractors a package has, and the samples that came with it."""

import sys
import tomllib
from collections.abc import Sequence
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from lims.errors import Invalid, NotFound
from lims.extractors.companions import group_companions
from lims.extractors.contract.promises import Sample
from lims.plugins import EXTRACTORS, Extractor, extractors, load

SAMPLES = "samples"


def extractors_of(package: str) -> list[Extractor]:
    """What `package` means: a project's folder, an installed package, "module:object", or an extractor's own name.

    Raises NotFound where nothing is meant by it, PluginFailed where it cannot be imported.
    """
    if Path(package).is_dir():
        return [load(point) for point in points_in(Path(package))]
    known = [one for one in extractors() if one.name == package]
    if known:
        return known
    if ":" in package:
        return [load(EntryPoint(package, package, EXTRACTORS))]
    try:
        points = [point for point in distribution(package).entry_points if point.group == EXTRACTORS]
    except PackageNotFoundError as error:
        names = ", ".join(one.name for one in extractors())
        hint = f"Give a project's folder, an installed package, module:object, or one of: {names}."
        raise NotFound(f"There is no package and no extractor {package!r}.", hint=hint) from error
    if not points:
        raise NotFound(f"{package} has no extractor.", hint=f'Its pyproject.toml needs the entry point "{EXTRACTORS}".')
    return [load(point) for point in points]


def points_in(folder: Path) -> list[EntryPoint]:
    """The entry points that a project announces; its code can be imported from here on, though not installed."""
    file = folder / "pyproject.toml"
    try:
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        listed = project["entry-points"][EXTRACTORS]
    except FileNotFoundError as error:
        raise NotFound(f"{folder} has no pyproject.toml.", hint="Give the folder of a project.") from error
    except (KeyError, tomllib.TOMLDecodeError) as error:
        raise Invalid(f'{file} announces no extractor: [project.entry-points."{EXTRACTORS}"].') from error
    sys.path[:0] = [str(place.resolve()) for place in (folder / "src", folder) if place.is_dir()]
    return [EntryPoint(name, value, EXTRACTORS) for name, value in listed.items()]


def samples_of(package: str, extractor: Extractor, given: Sequence[Path] = ()) -> list[Sample]:
    """The files given, else those in `samples/` of the project or of the extractor's module, that it sniffs."""
    found = list(given) or [one for folder in folders_of(package, extractor) for one in files_in(folder)]
    return [one for one in grouped(found) if extractor.sniff(one.head, one.path.name)]


def folders_of(package: str, extractor: Extractor) -> list[Path]:
    spec = find_spec(type(extractor).__module__.partition(".")[0])
    places = [Path(package), *(Path(place) for place in (spec and spec.submodule_search_locations) or ())]
    return [place / SAMPLES for place in places if (place / SAMPLES).is_dir()]


def files_in(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*") if one.is_file())


def grouped(files: Sequence[Path]) -> list[Sample]:
    keys = {str(one.absolute()): one for one in files}
    groups = group_companions(list(keys))
    return [Sample(Path(group.main), tuple(Path(key) for key in group.companions)) for group in groups]
