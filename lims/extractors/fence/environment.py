"""The variables that Python and the readers need. All others stay with the service: some are its tokens."""

import os
import re
from collections.abc import Mapping

NEEDED = re.compile(
    r"PATH|HOME|LANG|LANGUAGE|LC_\w+|TZ|TZDIR|TMPDIR|TEMP|TMP|VIRTUAL_ENV|CONDA_PREFIX|PYTHON\w*"
    r"|LD_LIBRARY_PATH|DYLD_\w+|OPENBLAS_\w+|\w+_NUM_THREADS|SYSTEMROOT|LIMS_UP"
)
"""LIMS_UP is a path by which a killed start's leftovers are found."""


def reading_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if NEEDED.fullmatch(name)}


def forget_environment() -> None:
    """Drop the rest from this process; libraries obey variables, too (HDF5_EXT_PREFIX)."""
    for name in set(os.environ) - set(reading_environment(os.environ)):
        del os.environ[name]
