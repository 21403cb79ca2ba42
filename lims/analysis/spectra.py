"""Between HyperSpy's spectra and the arrays that the analysis of EDS and EELS works on."""

import re
from dataclasses import dataclass
from typing import Any, Literal

import hyperspy.api as hs
import numpy as np

from lims.analysis.fourier import Array
from lims.analysis.images import title_of
from lims.errors import Invalid

Kind = Literal["EDS", "EELS"]
EV_OF = {"ev": 1.0, "kev": 1e3}


@dataclass(frozen=True)
class Spectrum:
    """counts: (..., energy), as in the file; those of a lazy signal are a dask array until they are summed.

    energies: (energy,), ascending, in `unit`.
    """

    counts: Any
    energies: Array
    unit: str
    title: str

    @property
    def step(self) -> float:
        """Width of a channel, in `unit`; of an axis that is not uniform the mean."""
        return float((self.energies[-1] - self.energies[0]) / (len(self.energies) - 1))


def choose_spectrum(opened: Any, which: int) -> Any:
    """Of what `lims.open` gives: the signal at a position, or with -1 the first that is a spectrum.

    Raises Invalid and lists what there is.
    """
    signals = opened if isinstance(opened, list) else [opened]
    if 0 <= which < len(signals):
        return signals[which]
    spectra = [one for one in signals if one.axes_manager.signal_dimension == 1]
    if which == -1 and spectra:
        return spectra[0]
    listed = ", ".join(f"{n} {one.metadata.get_item('General.title', '')!r}" for n, one in enumerate(signals))
    wanted = "spectrum" if which == -1 else f"signal {which}"
    raise Invalid(f"The file has no {wanted}.", hint=f"Its signals are: {listed}.")


def spectrum_of(signal: Any, kind: Kind) -> Spectrum:
    """The spectrum, or the spectra of a line or map, with the energies in keV (EDS) or eV (EELS).

    Raises Invalid for an image, for the other kind of spectrum, without an energy axis, and below three channels.
    """
    name = title_of(signal)
    manager = signal.axes_manager
    if manager.signal_dimension == 0 or manager.signal_size == 1:
        raise Invalid(f"{name!r} has only one channel: that is no spectrum.")
    if manager.signal_dimension != 1:
        raise Invalid(
            f"{name!r} is no spectrum: its shape is {signal.data.shape}.",
            hint="Choose another signal of the file with -p signal NUMBER; -1 takes the first spectrum.",
        )
    check_kind(signal, kind, name)
    axis = manager.signal_axes[0]
    if axis.size < 3:
        raise Invalid(f"{name!r} has only {axis.size} channels: that is no spectrum.")
    unit = "keV" if kind == "EDS" else "eV"
    energies = np.asarray(axis.axis, dtype=np.float64) * ev_per_unit(str(axis.units), name) / EV_OF[unit.lower()]
    if not (np.diff(energies) > 0).all():
        raise Invalid(f"The energies of {name!r} do not ascend.", hint="Calibrate its axis first.")
    return Spectrum(np.moveaxis(signal.data, axis.index_in_array, -1), energies, unit, name)


def check_kind(signal: Any, kind: Kind, name: str) -> None:
    """A signal of which the file does not say what it is may be either."""
    said = str(signal.metadata.get_item("Signal.signal_type", ""))
    if said and not said.startswith(kind):
        raise Invalid(f"{name!r} is a spectrum of the kind {said}, not {kind}.")


def ev_per_unit(unit: str, name: str) -> float:
    """Vendors write it as `eV`, `keV`, `Energy (EV)`, `Energy Loss (eV)`. Raises Invalid for any other."""
    found = re.search(r"\b(k?ev)\b", unit.lower())
    if found is None:
        raise Invalid(
            f"The axis of {name!r} is not calibrated in energy: its unit is {unit!r}.",
            hint="Set the unit of its axis to eV or keV, save it as another dataset, and give that one.",
        )
    return EV_OF[found[1]]


def summed(spectrum: Spectrum) -> Array:
    """(energy,): all spectra added up, float64. Raises Invalid for values that are not numbers, and without counts."""
    counts = spectrum.counts.reshape(-1, spectrum.counts.shape[-1])
    total = np.asarray(counts.sum(axis=0, dtype=np.float64))
    if not np.isfinite(total).all():
        raise Invalid(
            f"{spectrum.title!r} holds values that are not numbers (NaN or infinite).", hint="Fill them first."
        )
    if not total.any():
        raise Invalid(f"{spectrum.title!r} holds no counts at all.")
    return total


def check_counts(spectrum: Spectrum) -> None:
    """Raises Invalid where there are fewer than no counts: their scatter could not be told from them."""
    lowest = float(spectrum.counts.min())
    if lowest < 0:
        raise Invalid(
            f"{spectrum.title!r} holds negative counts, down to {lowest:.4g}.",
            hint="Give the spectrum as it was recorded, before a background was taken off.",
        )


def map_signal(signal: Any, values: Array, title: str, bin_px: int = 1) -> Any:
    """One value for each place of a line or map of spectra, as a HyperSpy signal with the same places.

    values: (x,) or (y, x), of every `bin_px` places one.
    """
    made = hs.signals.Signal2D(values) if values.ndim == 2 else hs.signals.Signal1D(values)
    for axis, there in zip(made.axes_manager.signal_axes, signal.axes_manager.navigation_axes, strict=True):
        axis.name, axis.units = there.name, there.units
        axis.scale = there.scale * bin_px
        axis.offset = there.offset + there.scale * (bin_px - 1) / 2
    made.metadata.General.title = title
    return made
