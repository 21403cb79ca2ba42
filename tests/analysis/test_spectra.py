import hyperspy.api as hs
import numpy as np
import pytest

from lims.analysis.spectra import check_counts, choose_spectrum, map_signal, spectrum_of, summed
from lims.errors import Invalid


def signal(shape: tuple[int, ...] = (4, 5, 30), unit: str = "keV", kind: str = "") -> hs.signals.Signal1D:
    made = hs.signals.Signal1D(np.random.default_rng(1).poisson(5, shape).astype(np.uint8))
    axis = made.axes_manager.signal_axes[0]
    axis.scale, axis.offset, axis.units = 0.5, 1.0, unit
    made.metadata.General.title = "Eve"
    made.metadata.set_item("Signal.signal_type", kind)
    return made


def test_a_spectrum_has_its_energies_in_the_unit_of_its_kind():
    eds, eels = spectrum_of(signal(kind="EDS_TEM"), "EDS"), spectrum_of(signal(kind="EELS"), "EELS")
    assert (eds.unit, eds.energies[:2].tolist(), eds.step) == ("keV", [1.0, 1.5], pytest.approx(0.5))
    assert (eels.unit, eels.energies[:2].tolist()) == ("eV", [1000.0, 1500.0])
    assert (eds.title, eds.counts.shape) == ("Eve", (4, 5, 30))


@pytest.mark.parametrize("unit", ["eV", "Energy (EV)", "Energy Loss (eV)", "ev"])
def test_vendors_words_for_the_unit_are_understood(unit):
    assert spectrum_of(signal(unit=unit), "EELS").energies[1] == 1.5


def test_energies_come_last_wherever_the_file_has_them():
    turned = hs.signals.BaseSignal(np.arange(24).reshape(6, 4)).transpose(signal_axes=[1])
    turned.axes_manager.signal_axes[0].units = "eV"
    assert turned.data.shape == (4, 6)
    assert spectrum_of(turned, "EELS").counts.shape[-1] == turned.axes_manager.signal_axes[0].size


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (hs.signals.Signal2D(np.ones((8, 9))), "is no spectrum: its shape is"),
        (signal(kind="EELS"), "of the kind EELS, not EDS"),
        (signal(unit="nm"), "not calibrated in energy: its unit is 'nm'"),
        (signal(unit="<undefined>"), "not calibrated in energy"),
        (signal((3, 2)), "only 2 channels"),
        (signal((3, 1)), "only one channel:"),
    ],
)
def test_what_is_no_such_spectrum_is_refused_with_why(wrong, says):
    with pytest.raises(Invalid, match=says):
        spectrum_of(wrong, "EDS")


def test_energies_that_fall_are_refused():
    falling = signal()
    falling.axes_manager.signal_axes[0].scale = -0.5
    with pytest.raises(Invalid, match="do not ascend"):
        spectrum_of(falling, "EDS")


def test_the_first_spectrum_of_a_file_is_chosen_or_the_one_asked_for():
    image, spectrum = hs.signals.Signal2D(np.ones((8, 9))), signal()
    assert choose_spectrum([image, spectrum], -1) is spectrum
    assert choose_spectrum([image, spectrum], 0) is image
    assert choose_spectrum(spectrum, -1) is spectrum
    with pytest.raises(Invalid, match=r"no spectrum.*0 ''"):
        choose_spectrum(image, -1)
    with pytest.raises(Invalid, match=r"no signal 2.*0 '', 1 'Eve'"):
        choose_spectrum([image, spectrum], 2)


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("shape", [(30,), (5, 30), (4, 5, 30)])
def test_all_spectra_are_added_up(shape, lazy):
    made = signal(shape)
    spectrum = spectrum_of(made.as_lazy() if lazy else made, "EDS")
    # uint8 would run over.
    assert summed(spectrum).tolist() == made.data.reshape(-1, 30).sum(axis=0, dtype=int).tolist()


@pytest.mark.parametrize(("value", "says"), [(np.nan, "not numbers"), (0.0, "no counts at all")])
def test_a_spectrum_of_nothing_is_refused(value, says):
    with pytest.raises(Invalid, match=says):
        summed(spectrum_of(signal()._deepcopy_with_new_data(np.full((4, 5, 30), value)), "EDS"))


def test_negative_counts_are_refused_by_how_much():
    wrong = signal()._deepcopy_with_new_data(np.full((4, 5, 30), -2.5))
    with pytest.raises(Invalid, match=r"'Eve' holds negative counts, down to -2.5"):
        check_counts(spectrum_of(wrong, "EDS"))
    check_counts(spectrum_of(signal().as_lazy(), "EDS"))


def test_a_map_lies_where_its_spectra_were_taken():
    whole = signal()
    for axis in whole.axes_manager.navigation_axes:
        axis.scale, axis.offset, axis.units = 0.2, 3.0, "nm"
    made = map_signal(whole, np.ones((2, 2)), "Eve Fe at%", 2)
    x = made.axes_manager.signal_axes[0]
    # The middle of the first two places, 3.0 and 3.2.
    assert (x.scale, x.offset, x.units) == (pytest.approx(0.4), pytest.approx(3.1), "nm")
    line = map_signal(signal((5, 30)), np.ones(5), "Eve Fe at%")
    assert (type(line).__name__, line.data.shape) == ("Signal1D", (5,))
