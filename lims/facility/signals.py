"""Files to things and things to files: HyperSpy signals, arrays, figures."""

import contextlib
import importlib
import logging
import shutil
import sys
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from lims.errors import Invalid, PluginFailed
from lims.extractors.arrays import ArrayExtractor
from lims.extractors.raw import Raw
from lims.extractors.rosetta import extractor as rosetta
from lims.extractors.rosetta.formats import READERS, module_of
from lims.extractors.rosetta.reading import ONLY_SIGNALS
from lims.extractors.signals import calibrated, text
from lims.facility.packing import is_tree_at
from lims.model import Axis, Signal
from lims.plugins import extractors, reason_of

LAZY_BYTES = 512 << 20
SUFFIXES_OF_SIGNALS = (".hspy", ".zspy", ".nxs", ".msa", ".tif", ".tiff", ".png", ".rpl", ".blo", ".mrc")
FIGURE_DPI = 150
WITHOUT_DATES: dict[str, dict[str, None]] = {
    ".png": {"Software": None},
    ".pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    ".svg": {"Date": None, "Creator": None},
}
"""So that the same figure is the same bytes."""


def load_hyperspy() -> Any:
    """Import HyperSpy: the one place that does, for only who opens a dataset needs it."""
    # It says so several times at the first plot that numba is missing; it is not among what we install.
    logging.getLogger("hyperspy.decorators").setLevel(logging.ERROR)
    return importlib.import_module("hyperspy.api")


def read_signals(
    path: Path, format_name: str, companions: Sequence[Path] = (), described: Sequence[Signal] = (), *, lazy: bool
) -> list[Any]:
    """Every signal in a file. Raises PluginFailed with the reader's own reason where it cannot be read.

    described: what the catalog says of them; they come with those axes and titles.
    """
    hyperspy = load_hyperspy()
    try:
        with warnings.catch_warnings():
            # eXSpy 0.3 imports names that HyperSpy is about to move: nothing the person who opens a file can do about.
            warnings.filterwarnings("ignore", message="Importing `Lazy")
            own = own_reader(format_name)
            if own is not None:
                found = [as_hyperspy(raw, lazy=lazy) for raw in own.read(path, companions).signals]
            else:
                found = loaded(hyperspy, path, format_name, companions, described, lazy=lazy)
            return as_described(found, described) if have_shapes(found, described) else found
    except Exception as error:
        hint = "`lims extract` shows what can be read of it; the file itself comes with: lims get"
        raise PluginFailed("HyperSpy", version("hyperspy"), path.name, reason_of(error), hint=hint) from error


def loaded(
    hyperspy: Any, path: Path, format_name: str, companions: Sequence[Path], described: Sequence[Signal], *, lazy: bool
) -> list[Any]:
    """What HyperSpy loads; where that is not what was described, what the extractor reads, if it is.

    HyperSpy looks for the files that belong to this one by their names.
    """
    # A list, for in one name of its own HyperSpy takes * and [ ] for patterns.
    options = ONLY_SIGNALS.get(format_name, {})
    whole = hyperspy.load([str(path)], file_format=reader_of(format_name), lazy=lazy, **options)
    found = whole if isinstance(whole, list) else [whole]
    if not described or have_shapes(found, described):
        return found
    with contextlib.suppress(Exception):
        better = [as_hyperspy(raw, lazy=lazy) for raw in rosetta.read(path, companions).signals]
        return better if have_shapes(better, described) else found
    return found


def have_shapes(signals: Sequence[Any], described: Sequence[Signal]) -> bool:
    return [tuple(signal.data.shape) for signal in signals] == [one.shape for one in described]


def as_described(signals: Sequence[Any], described: Sequence[Signal]) -> list[Any]:
    """The signals with the catalog's axes, which know slips of readers and vendors' pixel sizes, and its titles."""
    return [titled(with_axes(signal, one.axes), one.title) for signal, one in zip(signals, described, strict=True)]


def with_axes(signal: Any, axes: Sequence[Axis]) -> Any:
    """A listed axis (not uniform) keeps its values. Pictures of which HyperSpy shows nothing are turned to be seen."""
    found = signal.axes_manager._axes
    if len(found) != len(axes):
        return signal
    for there, axis in zip(found, axes, strict=True):
        if (axis.name, axis.unit) != (text(there.name), text(there.units)):
            there.name, there.units = axis.name, axis.unit
        if there.is_uniform:
            there.scale, there.offset = axis.scale, axis.offset
    if all(there.navigate for there in found) and not all(axis.is_navigation for axis in axes):
        shown = [n for n, axis in enumerate(axes) if not axis.is_navigation]
        return signal.transpose(signal_axes=[found[n] for n in reversed(shown)])
    return signal


def titled(signal: Any, title: str) -> Any:
    signal.metadata.set_item("General.title", title)
    return signal


def reader_of(format_name: str) -> ModuleType | None:
    """The reader of the format that the extractor recognised; None lets HyperSpy choose by the name."""
    return importlib.import_module(module_of(format_name)) if format_name in READERS else None


def own_reader(format_name: str) -> ArrayExtractor | None:
    """The extractor of a format that HyperSpy does not know; None for one that it does."""
    if format_name in READERS:
        return None
    known = (one for one in extractors() if isinstance(one, ArrayExtractor) and format_name in one.formats)
    return next(known, None)


def as_hyperspy(raw: Raw, *, lazy: bool) -> Any:
    """A signal of HyperSpy's with the axes as the catalog shows them."""
    found = calibrated(raw)
    axes = [
        {"name": one.name, "size": one.size, "scale": one.scale, "offset": one.offset, "units": one.unit,
         "navigate": one.is_navigation}
        for one in found.axes
    ]  # fmt: skip
    dictionary = {"data": found.data, "axes": axes, "metadata": raw.metadata, "original_metadata": raw.original}
    signal = importlib.import_module("hyperspy.io").dict2signal(dictionary, lazy=hasattr(found.data, "dask"))
    for place, (value, *_) in raw.mapped.items():
        signal.metadata.set_item(place, value)
    if not lazy and signal._lazy:
        signal.compute(show_progressbar=False)
    return signal.as_lazy() if lazy and not signal._lazy else signal


def choose(signals: list[Any], which: int | str | None, name: str) -> Any:
    """The signal at a position or with a title; without choice the only one, or all. Raises Invalid."""
    if which is None:
        return signals[0] if len(signals) == 1 else signals
    titles = [str(signal.metadata.get_item("General.title", "")) for signal in signals]
    if isinstance(which, int) and 0 <= which < len(signals):
        return signals[which]
    if which in titles:
        return signals[titles.index(str(which))]
    listed = ", ".join(f"{number} {title!r}" for number, title in enumerate(titles))
    raise Invalid(f"{name} has no signal {which!r}.", hint=f"It has: {listed}.")


def is_large(size: int, signals: tuple[Signal, ...]) -> bool:
    """Whether to open it lazily: by its size on disk, or by the largest array in it, which may be compressed there."""
    arrays = [int(np.prod(one.shape, dtype=object)) * item_bytes(one.dtype) for one in signals]
    return max([size, *arrays]) > LAZY_BYTES


def item_bytes(dtype: str) -> int:
    try:
        return np.dtype(dtype).itemsize
    except TypeError:
        return 8


def write_thing(thing: Any, folder: Path, name: str) -> Path:
    """Write a signal, an array, a figure or a copy of a file into `folder` under `name`, with the usual suffix.

    Raises Invalid for anything else, and for a suffix that the thing cannot be written as.
    """
    suffix = Path(name).suffix.lower()
    if is_instance(thing, "hyperspy.signal", "BaseSignal"):
        return write_signal(thing, folder / (name if suffix else f"{name}.hspy"))
    if is_instance(thing, "matplotlib.figure", "Figure"):
        return write_figure(thing, folder / (name if suffix else f"{name}.png"))
    if isinstance(thing, np.ndarray):
        return write_array(thing, folder / (name if suffix else f"{name}.npy"))
    if isinstance(thing, str | Path):
        return copy_file(Path(thing).expanduser(), folder / (name if suffix else name + Path(thing).suffix))
    raise Invalid(
        f"A {type(thing).__name__} cannot be saved.",
        hint="Give a HyperSpy signal, a NumPy array, a Matplotlib figure or the path of a file.",
    )


def is_instance(thing: Any, module: str, name: str) -> bool:
    """isinstance without importing: what was never imported cannot have made the thing."""
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(thing, kind)


def write_signal(signal: Any, path: Path) -> Path:
    if path.suffix.lower() not in SUFFIXES_OF_SIGNALS:
        raise Invalid(f"A signal cannot be saved as {path.name!r}.", hint="Give a name that ends in .hspy")
    signal.save(str(path), overwrite=True)
    return path


def write_array(array: Any, path: Path) -> Path:
    if path.suffix.lower() != ".npy":
        raise Invalid(f"An array cannot be saved as {path.name!r}.", hint="Give a name that ends in .npy")
    if array.dtype.hasobject:
        raise Invalid("An array of Python objects cannot be saved.", hint="Give it a type, with array.astype(…)")
    np.save(path, array, allow_pickle=False)
    return path


def write_figure(figure: Any, path: Path) -> Path:
    known = figure.canvas.get_supported_filetypes()
    if path.suffix.lower().lstrip(".") not in known:
        raise Invalid(f"A figure cannot be saved as {path.name!r}.", hint="Give a name that ends in .png, .pdf or .svg")
    figure.savefig(path, dpi=FIGURE_DPI, metadata=WITHOUT_DATES.get(path.suffix.lower()))
    return path


def copy_file(source: Path, path: Path) -> Path:
    if is_tree_at(source):
        return Path(shutil.copytree(source, path))
    if not source.is_file():
        raise Invalid(f"There is no file {str(source)!r} to save.")
    shutil.copyfile(source, path)
    return path
