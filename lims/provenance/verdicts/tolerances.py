"""How far apart two arrays may be and still be equivalent.

Where the author declares a tolerance, an element passes if |found - expected| <= absolute + relative * |expected|,
with |expected| that element's own: the maximum of the array, or of a neighbourhood, would let a dim pixel beside a
bright one change. Where the author declares none:

- Whole numbers, booleans, times, words and float16 must be the same. (A float16's last bit is 1e-3 of it.)
- Of float32, float64 and complex numbers an element passes if |found - expected| <= 1e-6 * |expected| + floor.
  1e-6 is 8 times float32's eps (1.2e-7), in which much is computed that is kept as float64 (NumPy 1 and 2 differ in
  this), and a hundredth of the smallest change that must be found: 0.01 % of one pixel.
- The floor is for transforms, whose rounding is no fraction of the element: every element of a Fourier transform, of a
  decomposition, has errors of the size of the largest elements' last bits. It is the smaller of
    1e-7 of the array's maximum (float32: 1e-6), and
    1000 times the median of the errors that are not 0;
  and there is none where fewer than a tenth of the elements differ, or fewer than 16.
  Rounding is shared by all elements and a changed pixel is not, so the second term takes from a pixel what the first
  would grant it: a pixel of 1e-4 of the maximum that changes by 0.01 % moves by 1e-8 of the maximum, a tenth of the
  floor's first term, and is found, because all others stayed.

Sources. Measured between NumPy 1.26 and 2.4: a Fourier transform <= 3.6e-8 of the maximum; between 1 and 2 threads
and two kernels of BLAS: a decomposition 9e-10. Measured for this module on images of 512 × 512 (lattice with noise,
Poisson counts, disc, smooth peak), single against double precision and rows before columns: errors that 1e-6 of the
element does not cover are <= 8e-8 of the maximum and <= 435 times the median error, on the lines through the origin.

Limits, to be known. (1) Where the replay's rounding is shared by a tenth of the elements, a change below 1000 times its
median and below the floor's first term is taken for rounding: it cannot be told from it. (2) What spans more than
seven decades (the power spectrum of a smooth image, 1e16) and what amplifies rounding (a division by nearly 0, a
filter in single precision after a large mean) is called different unless its author declares a tolerance.
"""

from typing import Any

import numpy as np

from lims.model.verdicts import Tolerance

RELATIVE = 1e-6
FLOOR = {"float32": 1e-6, "complex64": 1e-6, "float64": 1e-7, "complex128": 1e-7}
"""Fraction of the largest magnitude; longer floats as float64."""
MEDIANS = 1000.0
LEAST_SHARE, LEAST_COUNT = 0.1, 16
VISUAL = 0.01
"""Of full scale, in the mean over 8 × 8 pixels: ten times what smoothing an edge otherwise (1/255) can reach, and less
than one black pixel on white (1/64 = 0.016)."""


def is_exact(dtype: "np.dtype[Any]") -> bool:
    return dtype.kind not in "fc" or dtype == np.float16


def granted(
    declared: Tolerance | None,
    dtype: "np.dtype[Any]",
    *,
    largest: float,
    median_error: float,
    differing: int,
    count: int,
) -> Tolerance:
    """The tolerance in numbers.

    largest: finite magnitude in the expected array. median_error: of the errors that are not 0. differing: how many
    those are. count: of all elements.
    """
    if declared and (declared.absolute is not None or declared.relative is not None):
        return Tolerance(declared.absolute or 0.0, declared.relative or 0.0)
    if is_exact(dtype):
        return Tolerance(0.0, 0.0)
    is_shared = differing >= max(LEAST_COUNT, LEAST_SHARE * count)
    floor = min(FLOOR.get(dtype.name, FLOOR["float64"]) * largest, MEDIANS * median_error)
    return Tolerance(floor if is_shared else 0.0, RELATIVE)
