"""Expected compositions come from how spectra are made, from eXSpy's own quantification, and from drawing counts."""

from pathlib import Path

import dask.array
import exspy
import hyperspy.api as hs
import numpy as np
import pytest
from exspy._misc.eds.utils import quantification_cliff_lorimer

from lims.analysis.eds import (
    Counts,
    beam_energy_of,
    bin_places,
    cliff_lorimer,
    count_lines,
    elements_of,
    find_windows,
    map_counts,
    maps_of,
    resolution_of,
)
from lims.analysis.fourier import Array
from lims.analysis.lines import Line, lines_of
from lims.analysis.spectra import Spectrum, spectrum_of, summed
from lims.errors import Invalid

AXIS = np.arange(0.0, 12.0, 0.01)
ELEMENTS = ["Fe", "Ni", "Pt"]
K_FACTORS = [1.0, 1.1, 3.5]
PACKAGE = Path(exspy.__file__).parent
IN_WINDOW = 0.98147
"""The share of a Gaussian within one full width at half maximum of its centre: erf(sqrt(2 ln 2) * sqrt 2)."""


def counts_of(net: Array, background: float = 0.0) -> Counts:
    gross = np.asarray(net, dtype=float) + background
    return Counts(gross, np.full_like(gross, background), gross)


def ideal(areas: dict[str, float], slope: float = -2.0, level: float = 60.0) -> tuple[Array, list[Line]]:
    """Gaussians of known areas on a background that falls along a straight line."""
    lines = lines_of(list(areas), AXIS, 200)
    spectrum = level + slope * AXIS
    for line in lines:
        sigma = line.fwhm_kev / 2.354820
        peak = np.exp(-0.5 * ((AXIS - line.energy_kev) / sigma) ** 2)
        spectrum = spectrum + areas[line.element] * peak / peak.sum()
    return spectrum, lines


def as_spectrum(counts: Array) -> Spectrum:
    return Spectrum(counts, AXIS, "keV", "Eve")


def test_weight_fractions_are_those_of_the_formula():
    # Two elements: c_A / c_B = k_AB I_A / I_B (Cliff & Lorimer 1975, eq. 1).
    made = cliff_lorimer(counts_of(np.array([1000.0, 500.0])), [1.3, 1.0], ["Fe", "Ni"])
    assert made.weight[0] / made.weight[1] == pytest.approx(1.3 * 2)
    assert made.weight.sum() == pytest.approx(1.0)
    # Atomic weights of IUPAC: 55.845 and 58.693.
    assert made.atomic[0] / made.atomic[1] == pytest.approx(1.3 * 2 * 58.693 / 55.845, rel=1e-4)


def test_many_compositions_agree_with_exspy():
    net = np.random.default_rng(3).uniform(10, 1000, size=(3, 5, 7))
    made = cliff_lorimer(counts_of(net), K_FACTORS, ELEMENTS)
    # The same arithmetic in another order.
    assert made.weight == pytest.approx(quantification_cliff_lorimer(net, K_FACTORS), rel=1e-9)


def test_a_spectrum_of_known_areas_gives_them_back_without_noise():
    areas = {"Fe": 20000.0, "Ni": 9000.0, "Pt": 4000.0}
    spectrum, lines = ideal(areas)
    windows = find_windows(as_spectrum(spectrum), ELEMENTS, lines, 130, True)
    counts = count_lines(spectrum, lines, windows, AXIS)
    # Whole channels at the windows' ends: at most 1 % of an area of 27 channels; K beta is not drawn.
    assert counts.net == pytest.approx(IN_WINDOW * np.array(list(areas.values())), rel=0.01)
    made = cliff_lorimer(counts, K_FACTORS, ELEMENTS)
    parts = np.array(list(areas.values())) * K_FACTORS
    assert made.weight == pytest.approx(parts / parts.sum(), abs=0.003)


def test_the_stated_uncertainty_is_the_scatter_of_many_recordings():
    areas = {"Fe": 2000.0, "Ni": 900.0, "Pt": 400.0}
    spectrum, lines = ideal(areas)
    drawn = np.random.default_rng(5).poisson(spectrum, size=(2000, len(AXIS)))
    windows = find_windows(as_spectrum(spectrum), ELEMENTS, lines, 130, True)
    counts = count_lines(drawn, lines, windows, AXIS)
    made = cliff_lorimer(counts, K_FACTORS, ELEMENTS)
    # 2000 draws: their own scatter is known to 1.6 %; taken at four times that, and 1 % for the linear propagation.
    for values, sigmas in ((counts.net, np.sqrt(counts.variance)), (made.weight, made.weight_sigma)):
        assert values.std(axis=1) == pytest.approx(sigmas.mean(axis=1), rel=0.075)
    assert made.atomic.std(axis=1) == pytest.approx(made.atomic_sigma.mean(axis=1), rel=0.075)


def test_iron_platinum_particles_have_the_composition_that_exspy_publishes():
    # eXSpy's user guide, section EDS quantification: 15.41 at% Fe and 84.59 at% Pt with these k-factors.
    signal = hs.load(PACKAGE / "data" / "EDS_TEM_FePt_nanoparticles.hspy")
    spectrum = spectrum_of(signal, "EDS")
    elements = elements_of(signal)
    assert (elements, beam_energy_of(signal)) == (["Fe", "Pt"], 200.0)
    lines = lines_of(elements, spectrum.energies, 200.0, resolution_of(signal))
    windows = find_windows(spectrum, elements, lines, resolution_of(signal), True)
    counts = count_lines(summed(spectrum), lines, windows, spectrum.energies)
    made = cliff_lorimer(counts, [1.450226, 5.075602], elements)
    # Other background windows: within one standard deviation (0.34) of theirs.
    assert 100 * made.atomic == pytest.approx([15.41, 84.59], abs=0.34)
    intensities = [one.data.item() for one in signal.get_lines_intensity(["Fe_Ka", "Pt_La"])]
    # Their window is the same, to a channel at each end, which holds under 1 % of a line.
    assert counts.gross == pytest.approx(intensities, rel=0.02)


def test_a_dask_map_is_counted_as_a_numpy_one_and_binned():
    spectrum, lines = ideal({"Fe": 200.0, "Ni": 90.0, "Pt": 40.0})
    drawn = np.random.default_rng(7).poisson(spectrum, size=(5, 6, len(AXIS))).astype(np.uint8)
    windows = find_windows(as_spectrum(spectrum), ELEMENTS, lines, 130, True)
    plain = map_counts(as_spectrum(drawn), lines, windows, 2)
    lazy = map_counts(as_spectrum(dask.array.from_array(drawn)), lines, windows, 2)
    assert plain.net.shape == (3, 2, 3)
    assert np.array_equal(plain.net, lazy.net)
    assert plain.gross[0, 0, 0] == drawn[:2, :2, windows[0].line].sum()
    maps = maps_of(plain, ELEMENTS, cliff_lorimer(plain, K_FACTORS, ELEMENTS))
    assert sum(maps.values()) == pytest.approx(100.0)
    assert np.array_equal(maps_of(plain, ELEMENTS, None)["Pt"], plain.net[2])


def test_a_place_without_counts_has_no_composition():
    made = cliff_lorimer(counts_of(np.array([[0.0, 10.0], [0.0, -3.0]])), [1.0, 1.0], ["Fe", "Ni"])
    assert np.isnan(made.weight[:, 0]).all()
    assert made.weight[:, 1].tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("k_factors", "says"),
    [
        ([], "k-factor for each of Fe, Ni; none was given"),
        ([1.0], "1 of them were given"),
        ([1.0, 0.0], "above zero"),
    ],
)
def test_k_factors_are_one_positive_number_for_each_element(k_factors, says):
    with pytest.raises(Invalid, match=says):
        cliff_lorimer(counts_of(np.array([1.0, 2.0])), k_factors, ["Fe", "Ni"])


def test_bins_wider_than_the_map_are_refused():
    with pytest.raises(Invalid, match=r"9 pixels together .* \(8\)"):
        bin_places(np.ones((2, 8, 20)), 9)


def test_what_the_file_does_not_say_is_asked_for():
    signal = hs.signals.Signal1D(np.ones(9))
    with pytest.raises(Invalid, match=r"does not say the beam energy.*-p beam_energy"):
        beam_energy_of(signal)
    assert beam_energy_of(signal, 80.0) == 80.0
    assert resolution_of(signal) == 130.0
    assert elements_of(signal) == []
    assert elements_of(signal, ["Fe"]) == ["Fe"]
