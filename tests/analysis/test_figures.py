import matplotlib as mpl
import numpy as np
import pytest

from lims.analysis.fourier import fft, find_spots, inverse_fft
from lims.analysis.images import Image
from lims.analysis.tables import csv_text, letter, markdown, spot_table

mpl.use("agg")


def lattice() -> Image:
    y, x = np.mgrid[:128, :160]
    return Image(np.cos(2 * np.pi * x / 8) + 0.7 * np.cos(2 * np.pi * (x + y) / 11), (0.1, 0.1), "nm", "Eve")


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_figure_shows_image_spectrum_and_one_panel_for_each_spot(tmp_path, count):
    from lims.analysis.figures import fourier_figure  # pyplot chooses its backend when imported

    image = lattice()
    spectrum = fft(image.data)
    spots = find_spots(spectrum, image.scale, count=count)
    assert len(spots) == count
    figure = fourier_figure(image, spectrum, spots, [inverse_fft(spectrum, [spot]) for spot in spots])
    figure.savefig(tmp_path / "a.png", dpi=40)
    named = fourier_figure(image, spectrum, spots, [inverse_fft(spectrum, [spot]) for spot in spots], ["[200]"][:count])
    assert count == 0 or "A [200]: 0.8 nm" in [axes.get_title() for axes in named.axes]
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["Eve", "FFT, log power", "A: 0.8 nm", "B: 0.778 nm"][: 2 + count]


def test_spots_are_named_by_letters():
    assert [letter(number) for number in (0, 1, 25, 26)] == ["A", "B", "Z", "A2"]


def test_a_table_has_a_row_for_each_spot_and_keeps_its_columns():
    assert markdown(("a", "b"), [("x|y", 0.123456)]) == "| a | b |\n| --- | --- |\n| x\\|y | 0.1235 |"
    spots = find_spots(fft(lattice().data), (0.1, 0.1), count=2)
    assert len(spot_table(spots, "nm").splitlines()) == 4
    named = spot_table(spots, "nm", ["[200]"]).splitlines()
    assert named[2].startswith("| A | [200] |")
    assert named[3].startswith("| B |  |")


def test_a_csv_holds_the_numbers_to_nine_digits_and_quotes_what_it_must():
    assert csv_text(("a", "b"), [("x, y", 1 / 3), ("z", 2)]) == 'a,b\n"x, y",0.333333333\nz,2\n'
