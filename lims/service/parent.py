"""A child that must not outlive the process that started it, however that one ends."""

import ctypes
import os
import signal
import sys

SET_PDEATHSIG = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>


def die_with_parent(parent: int) -> None:
    """SIGTERM for us when `parent` ends, also by kill -9. Linux only; elsewhere the next start clears up.

    Raises SystemExit where `parent` has ended already.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(0)
