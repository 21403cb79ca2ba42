"""Expected numbers come from how spectra are made, from HyperSpy's own background, and from drawing counts."""

from pathlib import Path

import exspy
import hyperspy.api as hs
import numpy as np
import pytest
from scipy.optimize import minimize

from lims.analysis.eels import fit_background, signal_from, without_background
from lims.analysis.spectra import Spectrum, spectrum_of
from lims.errors import Invalid

AXIS = np.arange(400.0, 800.0, 0.5)
WINDOW = (440.0, 520.0)
CORE_LOSS = Path(exspy.__file__).parent / "tests/components/coreloss_spectrum.msa"


def power_law(exponent: float = 3.0, at_start: float = 5000.0) -> np.ndarray:
    return at_start * (AXIS / AXIS[0]) ** -exponent


def within(low: float, high: float = np.inf) -> np.ndarray:
    return np.logical_and(low <= AXIS, high > AXIS)


def as_spectrum(counts: np.ndarray) -> Spectrum:
    return Spectrum(counts, AXIS, "eV", "Eve")


@pytest.mark.parametrize("exponent", [0.5, 2.0, 5.5])
def test_a_power_law_without_noise_is_found_as_it_was_made(exponent):
    fit = fit_background(AXIS, power_law(exponent), WINDOW)
    assert float(fit.exponent) == pytest.approx(exponent, rel=1e-8)
    assert float(fit.amplitude) == pytest.approx(5000 * 400.0**exponent, rel=1e-6)
    assert fit.at(AXIS) == pytest.approx(power_law(exponent), rel=1e-8)


def test_an_exponential_without_noise_is_found_as_it_was_made():
    fit = fit_background(AXIS, 7e5 * np.exp(-AXIS / 80), WINDOW, "exponential")
    assert float(fit.exponent) == pytest.approx(1 / 80, rel=1e-8)
    assert float(fit.amplitude) == pytest.approx(7e5, rel=1e-6)


def test_the_fit_is_the_most_likely_one():
    counts = np.random.default_rng(2).poisson(power_law(at_start=20.0))
    inside = within(*WINDOW)
    fit = fit_background(AXIS, counts, WINDOW)

    def unlikely(values):
        fitted = np.exp(values[0]) * (AXIS[inside] / 480) ** -values[1]
        return (fitted - counts[inside] * np.log(fitted)).sum()

    best = minimize(unlikely, (np.log(12.0), 2.0), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10})
    assert float(fit.exponent) == pytest.approx(best.x[1], abs=1e-5)


def test_the_stated_uncertainty_is_the_scatter_of_many_recordings_and_nothing_is_biased():
    counts = np.random.default_rng(3).poisson(power_law(at_start=40.0), size=(2000, len(AXIS)))
    fit = fit_background(AXIS, counts, WINDOW)
    # 2000 draws: their scatter is known to 1.6 %, taken at four times that; their mean to a 45th of it, at four times.
    assert fit.exponent.std() == pytest.approx(fit.slope_sigma.mean(), rel=0.07)
    assert fit.exponent.mean() == pytest.approx(3.0, abs=0.09 * float(fit.exponent.std()))
    assert fit.dispersion.mean() == pytest.approx(1.0, abs=0.02)


def test_an_edge_on_the_background_is_left_over():
    edge = np.where(AXIS >= 532, 900.0 * (AXIS / 532) ** -2, 0.0)
    spectrum = as_spectrum(power_law() + edge)
    fit = fit_background(AXIS, spectrum.counts, WINDOW)
    left = without_background(spectrum, fit)
    kept = AXIS[within(WINDOW[0])]
    assert left.shape == kept.shape
    assert left[kept >= 532] == pytest.approx(edge[AXIS >= 532], rel=1e-6)
    assert left[kept < 532] == pytest.approx(0.0, abs=1e-4)


def test_a_recorded_spectrum_agrees_with_hyperspy():
    signal = hs.load(CORE_LOSS)
    spectrum = spectrum_of(signal, "EELS")
    fit = fit_background(spectrum.energies, spectrum.counts, (370.0, 500.0))
    theirs = signal.data - signal.remove_background(signal_range=(370.0, 500.0), background_type="PowerLaw").data
    beyond = spectrum.energies >= 370
    # Theirs is Egerton's two-area estimate: within 1 % of the background up to twice the window's end.
    assert fit.at(spectrum.energies[beyond]) == pytest.approx(theirs[beyond], rel=0.01)


def test_each_spectrum_of_a_map_has_its_own_background_and_an_empty_one_none():
    counts = np.stack([power_law(2.0), np.zeros_like(AXIS), power_law(4.0)])[None]
    spectrum = as_spectrum(counts)
    fit = fit_background(AXIS, counts, WINDOW)
    assert fit.exponent.shape == (1, 3)
    assert fit.exponent[0, [0, 2]] == pytest.approx([2.0, 4.0], rel=1e-8)
    assert np.isnan(fit.exponent[0, 1])
    left = without_background(spectrum, fit)
    assert np.isfinite(left).all()
    assert left == pytest.approx(0.0, abs=1e-3)


def test_a_spectrum_of_a_map_that_rises_has_a_level_background():
    counts = np.stack([power_law(2.0), AXIS])
    fit = fit_background(AXIS, counts, WINDOW)
    assert fit.slope[1] == 0
    assert fit.at(AXIS)[1] == pytest.approx(AXIS[within(440, 520)].mean())


@pytest.mark.parametrize(
    ("counts", "window", "model", "says"),
    [
        (power_law(), (520.0, 440.0), "power law", "is empty: its start has to be below its end"),
        (power_law(), (300.0, 440.0), "power law", "from 300 to 440 eV does not lie on the axis, 400 to 799.5 eV"),
        (power_law(), (440.0, 900.0), "power law", "does not lie on the axis"),
        (power_law(), (440.0, 440.9), "power law", "holds 2 channels; a fit needs three"),
        (power_law(), WINDOW, "parabola", "no background model 'parabola'.*power law, exponential"),
        (power_law() - 4000, WINDOW, "power law", "negative counts between 440 and 520 eV"),
        (0 * power_law(), WINDOW, "power law", "no counts between 440 and 520 eV"),
        (np.nan * power_law(), WINDOW, "power law", "not numbers"),
        (AXIS, WINDOW, "power law", "do not fall in the window"),
    ],
)
def test_what_cannot_be_fitted_is_refused_with_why(counts, window, model, says):
    with pytest.raises(Invalid, match=says):
        fit_background(AXIS, counts, window, model)


def test_a_power_law_cannot_begin_at_no_loss():
    with pytest.raises(Invalid, match="no value at -10 eV"):
        fit_background(np.arange(-20.0, 100.0), np.ones(120), (-10.0, 20.0))


@pytest.mark.parametrize("lazy", [False, True])
def test_the_result_is_a_signal_with_the_axes_that_are_left(lazy):
    signal = hs.signals.Signal1D(np.tile(power_law(), (2, 3, 1)).astype(np.int32))
    axis = signal.axes_manager.signal_axes[0]
    axis.scale, axis.offset, axis.units = 0.5, 400.0, "eV"
    signal = signal.as_lazy() if lazy else signal
    spectrum = spectrum_of(signal, "EELS")
    fit = fit_background(spectrum.energies, spectrum.counts, WINDOW)
    made = signal_from(signal, spectrum, without_background(spectrum, fit), WINDOW[0])
    assert isinstance(made.data, np.ndarray)
    assert made.data.shape == (2, 3, 720)
    assert made.axes_manager.signal_axes[0].offset == pytest.approx(440.0)
    assert made.metadata.General.title == f"{spectrum.title} without background"
    assert signal.data.shape == (2, 3, 800)
