"""Many things held as columns."""

import pytest

from lims.model import Rows
from lims.model.rows import joined

POINTS = Rows(complex, {"real": [1, 2, 3], "imag": [4, 5, 6]})


def test_each_is_made_when_it_is_looked_at() -> None:
    assert [*POINTS] == [1 + 4j, 2 + 5j, 3 + 6j]
    assert (len(POINTS), POINTS[0], POINTS[-1]) == (3, 1 + 4j, 3 + 6j)
    assert 2 + 5j in POINTS
    with pytest.raises(IndexError):
        POINTS[3]


def test_a_part_and_several_together() -> None:
    assert [*POINTS[1:]] == [2 + 5j, 3 + 6j]
    assert joined([POINTS, POINTS[:0], POINTS[:1]]) == [1 + 4j, 2 + 5j, 3 + 6j, 1 + 4j]


def test_they_are_equal_to_what_holds_the_same() -> None:
    assert POINTS == Rows(complex, {"real": (1, 2, 3), "imag": (4, 5, 6)}) == (1 + 4j, 2 + 5j, 3 + 6j)
    assert POINTS not in ([1 + 4j, 2 + 5j], [1 + 4j, 2 + 5j, 0j], 7)
    assert repr(POINTS[:1]) == "Rows([(1+4j)])"


def test_columns_of_several_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="several lengths"):
        Rows(complex, {"real": [1], "imag": []})
