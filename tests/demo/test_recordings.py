"""The numbers of the demo come out of installed packages."""

import socket
from importlib.metadata import files

import numpy as np
import pytest

from lims.demo import recordings


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the demo must not use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("name", sorted(recordings.PICTURES))
def test_picture_ships_inside_scikit_image(name: str) -> None:
    assert f"skimage/data/{recordings.PICTURES[name]}" in {str(file) for file in files("scikit-image") or ()}
    seen = recordings.picture(name)
    assert seen.ndim == 2
    assert seen.std() > 5


@pytest.mark.parametrize(("name", "line_kev"), [("EDS-TM002", 1.49), ("FePt", 6.40)])
def test_eds_spectrum_has_the_line_its_material_has(name: str, line_kev: float) -> None:
    """Al K in EDS-TM002 at 1.49 keV, Fe K in FePt at 6.40 keV (X-ray Data Booklet, table 1-2)."""
    counts, step_ev, start_ev, _ = recordings.eds(name)
    energy_kev = (start_ev + step_ev * np.arange(counts.size)) / 1000
    near = np.abs(energy_kev - line_kev) < 0.05
    beside = (np.abs(energy_kev - line_kev) > 0.15) & (np.abs(energy_kev - line_kev) < 0.25)
    assert counts[near].max() > 1.5 * np.median(counts[beside])


def test_low_loss_spectrum_has_its_zero_loss_peak_at_zero() -> None:
    counts, step_ev, start_ev, _ = recordings.eels("low-loss")
    assert abs(start_ev + step_ev * int(counts.argmax())) < 1.0


def test_core_loss_spectrum_falls_with_energy() -> None:
    counts, step_ev, start_ev, _ = recordings.eels("core-loss")
    assert (counts.size, step_ev, start_ev) == (2048, 0.2, 360.0)
    assert counts[:50].mean() > counts[-50:].mean()


def test_same_seed_sees_the_same_place() -> None:
    one, same, other = (recordings.field_of_view("gravel", 64, 3, seed) for seed in (5, 5, 6))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_lattice_has_spots_at_its_spacing() -> None:
    lattice = recordings.lattice(256, 8, seed=1).astype(float)
    power = np.abs(np.fft.fft2(lattice - lattice.mean()))
    row, column = np.unravel_index(power.argmax(), power.shape)
    frequency = np.hypot(np.fft.fftfreq(256)[row], np.fft.fftfreq(256)[column])
    # The strongest spot belongs to one of the two spacings, to within half a bin of the transform.
    assert min(abs(frequency - 1 / 8), abs(frequency - 1 / (8 * 2**0.5))) < 0.5 / 256 + 1e-3
    assert power.max() > 20 * np.median(power)
