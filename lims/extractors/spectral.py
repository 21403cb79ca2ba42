"""Which axes count energy, wavelength or mass: a wavelength is a length, and no place on the sample."""

from lims.model import Axis

SPECTRAL_UNITS = frozenset({"ev", "kev", "mev", "1/cm", "cm-1", "cm^-1"})
SPECTRAL_NAMES = frozenset(
    {"energy", "energy loss", "wavelength", "raman shift", "wavenumber", "mass", "mass/charge", "m/q", "m/z"}
)


def is_spectral(axis: Axis) -> bool:
    return axis.unit.strip().lower() in SPECTRAL_UNITS or axis.name.strip().lower() in SPECTRAL_NAMES
