"""Line energies are eXSpy's; where they are written out here they are of the X-ray Data Booklet (LBNL, table 1-2)."""

import numpy as np
import pytest

from lims.analysis.lines import (
    Line,
    between,
    fwhm_kev,
    known_elements,
    lines_of,
    occupied,
    overlapping,
    windows_of,
)
from lims.errors import Invalid

AXIS = np.arange(0.0, 20.0, 0.01)


@pytest.mark.parametrize(
    ("element", "beam_kv", "line", "energy_kev"),
    [
        ("Fe", 200, "Fe_Ka", 6.404),
        ("Fe", 10, "Fe_La", 0.705),  # 10 kV is less than twice 6.4 keV
        ("Pt", 200, "Pt_La", 9.442),  # K alpha, 66.8 keV, is beyond the axis
        ("Pt", 10, "Pt_Ma", 2.051),
        ("O", 200, "O_Ka", 0.525),
    ],
)
def test_an_element_is_quantified_with_its_hardest_line_that_is_excited_well(element, beam_kv, line, energy_kev):
    (found,) = lines_of([element], AXIS, beam_kv)
    assert found.name == line
    assert found.energy_kev == pytest.approx(energy_kev, abs=0.002)


def test_another_line_can_be_asked_for():
    (found,) = lines_of(["Pt"], AXIS, 200, wanted=["Pt_Ma"])
    assert found.name == "Pt_Ma"


@pytest.mark.parametrize(
    ("elements", "beam_kv", "wanted", "says"),
    [
        (["Pt"], 200, ["Au_Ma"], "'Au_Ma' is of none of the elements Pt"),
        (["Pt"], 200, ["Pt_Xa"], "Pt has no line 'Pt_Xa'.*Ma"),
        (["Fe"], 0.5, [], "No line of Fe lies on the axis.*below 0.25 keV: Fe_Ka 6.4 keV"),
        (["Pt"], 200, ["Pt_Ka"], "No line of Pt lies on the axis"),
        (["H"], 200, [], "No line of H .*H_Ka 0.00136 keV"),
    ],
)
def test_a_line_that_cannot_be_counted_is_refused_with_why(elements, beam_kv, wanted, says):
    with pytest.raises(Invalid, match=says):
        lines_of(elements, AXIS, beam_kv, wanted=wanted)


@pytest.mark.parametrize(
    ("elements", "says"), [([], "names no elements"), (["Fe", "Xx"], "'Xx' is no element"), (["Fe", "Fe"], "twice")]
)
def test_elements_are_checked_by_name(elements, says):
    with pytest.raises(Invalid, match=says):
        known_elements(elements)


def test_a_line_is_as_wide_as_fiori_and_newbury_say():
    # At Mn Ka it is the detector's resolution itself; at O Ka of a 130 eV detector about 60 eV.
    assert fwhm_kev(5.895, 130) == pytest.approx(0.130)
    assert fwhm_kev(0.525, 130) == pytest.approx(np.sqrt(130**2 - 2.5 * 5370) / 1e3)


def test_a_background_is_measured_where_no_line_is():
    iron, nickel = lines_of(["Fe", "Ni"], AXIS, 200)
    taken = occupied(["Fe", "Ni"], 130)
    windows = windows_of(iron, AXIS, taken)
    left, right = (AXIS[one] for one in windows.background)
    assert left[-1] < 6.404 - 1.2 * iron.fwhm_kev
    # Fe K beta is at 7.058 and Ni K alpha at 7.472 keV: the window lies before the one or between or beyond both.
    for energy, fwhm in ((7.058, fwhm_kev(7.058)), (7.472, nickel.fwhm_kev)):
        assert (np.abs(right - energy) > fwhm).all()
    inside = AXIS[windows.line]
    assert inside[0] == pytest.approx(iron.energy_kev - iron.fwhm_kev, abs=0.01)
    assert inside[-1] == pytest.approx(iron.energy_kev + iron.fwhm_kev, abs=0.01)


def test_at_the_end_of_the_axis_one_side_is_enough_and_none_is_refused():
    (iron,) = lines_of(["Fe"], AXIS, 200)
    nowhere = np.empty((0, 2))
    assert len(windows_of(iron, AXIS[AXIS < 6.6], nowhere).background) == 1
    with pytest.raises(Invalid, match="no background free of lines beside Fe_Ka"):
        windows_of(iron, AXIS, np.array([[0.0, 20.0]]))
    assert windows_of(iron, AXIS, np.array([[0.0, 20.0]]), with_background=False).background == ()


def test_channels_that_are_too_wide_for_a_line_are_refused():
    with pytest.raises(Invalid, match="too wide"):
        windows_of(Line("Fe", "Fe_Ka", 6.4, 0.14), np.array([0.0, 5.0, 10.0]), np.empty((0, 2)))


def test_lines_in_each_others_windows_are_named():
    # Ti L alpha is 0.452 keV, O K alpha 0.525 keV.
    lines = lines_of(["O", "Ti"], AXIS, 200)
    assert ("O_Ka", "Ti_La") in overlapping(lines, ["O", "Ti"], 130)
    assert overlapping(lines_of(["Al", "Fe"], AXIS, 200), ["Al", "Fe"], 130) == []


def test_channels_between_two_energies_are_half_open():
    assert between(np.array([1.0, 2.0, 3.0, 4.0]), 2.0, 4.0) == slice(1, 3)
