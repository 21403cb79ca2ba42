"""What a run ran in. This file is sent as text to the run's kernel, which may hold other packages than we do.

So it uses the standard library only, and of other packages only what the kernel has loaded already.
"""

import importlib
import importlib.metadata
import importlib.util
import json
import locale
import os
import platform
import sys
import time
from pathlib import Path

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "OPENBLAS_CORETYPE")


def describe() -> dict[str, object]:
    """Everything that can be said before the first cell."""
    return {
        "packages": packages(),
        "python": {
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "compiler": platform.python_compiler(),
        },
        "system": {"name": platform.platform(), "libc": " ".join(platform.libc_ver()), "machine": platform.machine()},
        "cpu": {"model": cpu_model(), "count": os.cpu_count(), "usable": usable_cpus()},
        "host": platform.node(),
        "locale": {
            "name": locale.setlocale(locale.LC_ALL),
            "encoding": locale.getpreferredencoding(False),
            "lang": os.environ.get("LC_ALL") or os.environ.get("LANG", ""),
        },
        "timezone": {
            "name": os.environ.get("TZ", ""),
            "zones": list(time.tzname),
            "offset_s": time.localtime().tm_gmtoff,
        },
        "threads": {name: os.environ[name] for name in THREADS if name in os.environ},
        "hash_seed": os.environ.get("PYTHONHASHSEED", ""),
    }


def describe_loaded() -> dict[str, object]:
    """What is known only after the last cell: the packages that were used, and the libraries behind them."""
    loaded = {name.partition(".")[0] for name in sys.modules} & providers()
    return {"loaded": sorted(loaded), "pools": pools(), "blas": blas()}


def packages() -> dict[str, str]:
    """Name -> version of every distribution the kernel finds; of two with one name the one that is imported."""
    found: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(name, distribution.version)
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def providers() -> set[str]:
    """The import names that installed distributions provide."""
    return set(importlib.metadata.packages_distributions())


def cpu_model() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            return next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), "")
    except OSError:
        return platform.processor()


def usable_cpus() -> int | None:
    """Fewer than the machine has where the job was given only some."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def pools() -> list[dict[str, object]]:
    """BLAS and OpenMP pools with their threads, where the kernel has threadpoolctl."""
    if importlib.util.find_spec("threadpoolctl") is None:
        return []
    kept = ("user_api", "internal_api", "version", "num_threads", "threading_layer", "architecture")
    found = importlib.import_module("threadpoolctl").threadpool_info()
    return [{key: pool[key] for key in kept if key in pool} for pool in found]


def blas() -> dict[str, object]:
    """The linear algebra that a loaded NumPy was built with."""
    configuration = getattr(getattr(sys.modules.get("numpy"), "__config__", None), "CONFIG", {})
    built = configuration.get("Build Dependencies", {}).get("blas", {})
    return {key: built[key] for key in ("name", "version", "openblas configuration") if key in built}


def report(name: str) -> str:
    """The JSON text of one of the two descriptions; empty for a name that is none."""
    described = {"describe": describe, "describe_loaded": describe_loaded}.get(name)
    return json.dumps(described()) if described else ""
