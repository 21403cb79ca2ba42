import matplotlib as mpl
import numpy as np
import pytest

from lims.analysis.eds import Counts, cliff_lorimer, count_lines
from lims.analysis.eels import fit_background
from lims.analysis.lines import lines_of, windows_of
from lims.analysis.spectra import Spectrum
from lims.analysis.tables import background_rows, composition_rows

mpl.use("agg")

ENERGIES = np.arange(0.0, 10.0, 0.01)
ELEMENTS = ["Al", "Fe"]


def spectrum() -> Spectrum:
    lines = lines_of(ELEMENTS, ENERGIES, 200)
    counts = 20 + sum(500 * np.exp(-(((ENERGIES - line.energy_kev) / line.fwhm_kev) ** 2)) for line in lines)
    return Spectrum(counts, ENERGIES, "keV", "Eve")


@pytest.mark.parametrize("composed", [True, False])
@pytest.mark.parametrize("background", [True, False])
def test_each_line_is_drawn_and_named(tmp_path, composed, background):
    from lims.analysis.spectrum_figures import lines_figure  # pyplot chooses its backend when imported

    whole, lines = spectrum(), lines_of(ELEMENTS, ENERGIES, 200)
    windows = [windows_of(line, ENERGIES, np.empty((0, 2)), background) for line in lines]
    counts = count_lines(whole.counts, lines, windows, ENERGIES)
    made = cliff_lorimer(counts, [1.0, 1.2], ELEMENTS) if composed else None
    figure = lines_figure(whole, whole.counts, lines, windows, made)
    figure.savefig(tmp_path / "a.png", dpi=40)
    assert [axes.get_title() for axes in figure.axes] == ["Eve", "at. %"][: 1 + composed]
    assert [text.get_text() for text in figure.axes[0].texts] == ["Al Ka", "Fe Ka"]


@pytest.mark.parametrize("shape", [(6,), (5, 6)])
def test_maps_and_profiles_have_a_panel_each(tmp_path, shape):
    from lims.analysis.spectrum_figures import maps_figure

    figure = maps_figure({name: np.ones(shape) for name in ("Al", "Fe", "Ni", "Pt", "O")}, "at. %")
    figure.savefig(tmp_path / "a.png", dpi=40)
    assert next(axes.get_title() for axes in figure.axes) == "Al (at. %)"


def test_the_background_is_drawn_from_its_window_on(tmp_path):
    from lims.analysis.spectrum_figures import background_figure

    energies = np.arange(200.0, 400.0)
    whole = Spectrum(1e9 * energies**-3, energies, "eV", "Eve")
    fit = fit_background(energies, whole.counts, (220.0, 260.0))
    figure = background_figure(whole, whole.counts, fit)
    figure.savefig(tmp_path / "a.png", dpi=40)
    (panel,) = figure.axes
    assert panel.get_legend_handles_labels()[1] == ["window", "spectrum", "power law", "without background"]
    assert panel.get_xlim() == (200.0, 399.0)


def test_tables_have_a_row_for_each_line_and_one_for_the_fit():
    lines = lines_of(ELEMENTS, ENERGIES, 200)
    counts = Counts(np.array([100.0, 50.0]), np.array([10.0, 0.0]), np.array([121.0, 49.0]))
    headings, rows = composition_rows(lines, counts, [1.0, 2.0], cliff_lorimer(counts, [1.0, 2.0], ELEMENTS))
    told = dict(zip(headings, rows[0], strict=True))
    assert (told["line"], told["net"], told["net sigma"], told["k-factor"]) == ("Al_Ka", 90.0, 11.0, 1.0)
    assert told["wt%"] == pytest.approx(100 * 90 / 190)
    assert "wt%" not in composition_rows(lines, counts, [], None)[0]
    energies = np.arange(200.0, 400.0)
    headings, rows = background_rows(fit_background(energies, 1e9 * energies**-3, (220.0, 260.0)))
    assert dict(zip(headings, rows[0], strict=True))["exponent"] == pytest.approx(3.0)
