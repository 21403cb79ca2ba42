"""What a run ran in. This file is sent as text to the run's kernel, which may hold other packages than we do.

So it uses the standard library only, and of other packages only what the kernel has loaded already. It is part of what
capturing a run costs: the files that say what is installed are read once in each of the two descriptions.
"""

import ctypes
import hashlib
import importlib
import importlib.metadata
import importlib.util
import json
import locale
import os
import platform
import random
import re
import sys
import time
from contextlib import suppress
from pathlib import Path

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "OPENBLAS_CORETYPE")
RELEVANT = ("LANG", "LANGUAGE", "TZ", "CUDA_VISIBLE_DEVICES", "MPLBACKEND")
RELEVANT_STARTS = (
    *("OMP_", "GOMP_", "KMP_", "OPENBLAS_", "MKL_", "BLIS_", "VECLIB_", "NUMEXPR_", "NUMBA_", "NPY_"),
    *("PYTHON", "LC_", "HDF5_"),
)
SECRET = ("TOKEN", "KEY", "SECRET", "PASSW", "CREDENTIAL", "AUTH")
CONTAINER = ("CONTAINER_IMAGE", "JUPYTER_IMAGE_SPEC", "JUPYTER_IMAGE", "APPTAINER_CONTAINER", "SINGULARITY_CONTAINER")
CONTAINER_FILE = Path("/run/.containerenv")
LONGEST = 1000
SHIMS = {"_distutils_hack"}
"""setuptools loads it into every Python; no run uses it by that."""
UNTOUCHED = 0x80000000
"""The first word of a Mersenne Twister that was seeded by an array, as from the system, and has given no number yet."""


def describe() -> dict[str, object]:
    """Everything that can be said before the first cell."""
    installed = list(distributions())
    return {
        "packages": {name: version for name, version, _ in installed},
        "package_hashes": {name: code_hash(record) for name, _, record in installed},
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
        "variables": variables(),
        "hash_seed": os.environ.get("PYTHONHASHSEED", ""),
        "random_start": generator_states(),
        "container": container(),
        "kernel": kernel_name(),
    }


def describe_loaded() -> dict[str, object]:
    """What is known only after the last cell: the packages that were used, and the libraries behind them.

    loaded: import names. used: the distributions that they come from.
    """
    modules = {name.partition(".")[0] for name in sys.modules} - SHIMS
    provided = {name: modules & import_names(name, record) for name, _, record in distributions()}
    return {
        "loaded": sorted(set().union(*provided.values())),
        "used": sorted((name for name in provided if provided[name]), key=str.lower),
        "pools": pools(),
        "blas": blas(),
        "random": {**generator_states(), "python_used": python_used(), "numpy_global_used": numpy_global_used()},
    }


# --- packages ---------------------------------------------------------------------------------------------------


def distributions() -> "list[tuple[str, str, list[str]]]":
    """Name, version and lines of RECORD of every distribution the kernel finds, by name.

    Of two with one name the one that is imported. No lines where it is no copy of its own, but a link to a checkout.
    """
    found: dict[str, tuple[str, str, list[str]]] = {}
    for distribution in importlib.metadata.distributions():
        about = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
        name, version = header("Name", about), header("Version", about)
        if name and name not in found:
            record = (distribution.read_text("RECORD") or "").split("\n")
            found[name] = (name, version, [] if is_link(distribution, record) else record)
    return sorted(found.values(), key=lambda one: one[0].lower())


def header(name: str, about: str) -> str:
    """A full parse of 300 files of metadata takes half a second."""
    found = re.search(rf"^{name}:[ \t]*(.*)$", about, re.MULTILINE)
    return found[1].strip() if found else ""


def is_link(distribution: importlib.metadata.Distribution, record: "list[str]") -> bool:
    """An editable installation's RECORD names a .pth file instead of the code."""
    if not any("direct_url.json," in line for line in record[:40] + record[-40:]):
        return False
    about = json.loads(distribution.read_text("direct_url.json") or "{}")
    return bool(about.get("dir_info", {}).get("editable"))


def code_hash(record: "list[str]") -> str:
    """SHA-256 over the lines of RECORD that name installed code with its hash; "" without any.

    The same for one wheel wherever and by whatever it was installed: what installers write themselves is left out, as
    is what lies outside of the packages' folder (scripts, which name the Python they are for).
    """
    code = [line.rstrip("\r") for line in record if is_code(line)]
    return hashlib.sha256("\n".join(sorted(code)).encode()).hexdigest() if code else ""


def is_code(line: str) -> bool:
    return (
        "," in line
        and ".dist-info/" not in line
        and not line.startswith(("../", "/", "bin/", "Scripts/"))
        and not line.rstrip("\r").endswith(",,")
        and ".pyc," not in line
    )


def import_names(name: str, record: "list[str]") -> "set[str]":
    """The names that can be imported: first parts of paths, `six.py`, `_yaml/__init__.py`, `lzf.abi3.so`.

    Where RECORD tells no code, what top_level.txt has, else the distribution's own name.
    """
    if len(record) < 2:
        listed = importlib.metadata.distribution(name).read_text("top_level.txt") or name.replace("-", "_")
        return set(listed.split())
    firsts = {line.partition("/")[0] for line in record}
    return {first.partition(".")[0] for first in firsts if not first.endswith((".dist-info", ".pth"))}


# --- random numbers ---------------------------------------------------------------------------------------------


def generator_states() -> "dict[str, str]":
    """A hash of the state of each global generator: equal after two runs that drew the same numbers.

    Of generators that a notebook makes for itself (`default_rng`) nothing can be told.
    """
    states = {"python": random.getstate(), "numpy": numpy_state()}
    return {name: hashlib.sha256(repr(state).encode()).hexdigest() for name, state in states.items() if state}


def python_used() -> bool:
    """Whether the global generator of `random` has given a number since it was seeded."""
    _, words, gauss = random.getstate()
    return words[0] != UNTOUCHED or words[-1] != len(words) - 1 or gauss is not None


def numpy_global_used() -> bool:
    """Whether NumPy's global generator has given a number, was seeded, or was exchanged."""
    state = numpy_state()
    if not state:
        return False
    kind, first, _, position, has_gauss = state
    return not (kind == "MT19937" and first == UNTOUCHED and position == 623 and not has_gauss)


def numpy_state() -> "tuple[object, ...]":
    """Kind, first word, hash of all words, position, whether a normal number is kept back. Empty: not loaded."""
    module = sys.modules.get("numpy.random")
    if module is None:
        return ()
    state = module.get_state(legacy=False)
    inner = dict(state.get("state", {}))
    words = inner.get("key")
    if words is None:
        return (state["bit_generator"], None, repr(inner), None, state.get("has_gauss"))
    whole = hashlib.sha256(words.tobytes()).hexdigest()
    return (state["bit_generator"], int(words[0]), whole, int(inner["pos"]), int(state["has_gauss"]))


# --- the machine ------------------------------------------------------------------------------------------------


def variables() -> "dict[str, str]":
    """The environment variables that may change a result; never a secret, nor the Hub's or our own."""
    return {
        name: value[:LONGEST]
        for name, value in sorted(os.environ.items())
        if (name in RELEVANT or name.startswith(RELEVANT_STARTS)) and not any(word in name.upper() for word in SECRET)
    }


def container() -> "dict[str, str]":
    """The image the kernel runs in, with its digest where the container's engine tells; empty outside of one."""
    found = {name.lower(): os.environ[name] for name in CONTAINER if os.environ.get(name)}
    with suppress(OSError, UnicodeDecodeError):
        told = re.findall(r'^(image|imageid)="(.*)"$', CONTAINER_FILE.read_text(encoding="utf-8"), re.MULTILINE)
        found.update(told)
    return found


def kernel_name() -> str:
    """The kernelspec that the kernel was started from, as its connection file has it."""
    if "-f" not in sys.argv[:-1]:
        return ""
    with suppress(OSError, ValueError):
        connection = json.loads(Path(sys.argv[sys.argv.index("-f") + 1]).read_text(encoding="utf-8"))
        return str(connection.get("kernel_name", ""))
    return ""


def cpu_model() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            return next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), "")
    except OSError:
        return platform.processor()


def usable_cpus() -> "int | None":
    """Fewer than the machine has where the job was given only some."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def pools() -> "list[dict[str, object]]":
    """BLAS and OpenMP pools with their threads, as threadpoolctl tells where the kernel has it."""
    if importlib.util.find_spec("threadpoolctl") is None:
        return openblas_pools()
    kept = ("user_api", "internal_api", "version", "num_threads", "threading_layer", "architecture")
    found = importlib.import_module("threadpoolctl").threadpool_info()
    return [{key: pool[key] for key in kept if key in pool} for pool in found]


def openblas_pools() -> "list[dict[str, object]]":
    """Every loaded OpenBLAS, asked for what changes a sum's last bits: its threads and the CPU it computes for."""
    with suppress(OSError):
        mapped = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
        paths = sorted(set(re.findall(r"(/\S*openblas\S*\.so\S*)$", mapped, re.MULTILINE)))
        return [pool for path in paths for pool in [openblas(path)] if pool]
    return []


def openblas(path: str) -> "dict[str, object]":
    """Its functions carry the prefix and suffix that the library was built with."""
    with suppress(OSError):
        library = ctypes.CDLL(path)
        for prefix, suffix in ((p, s) for p in ("scipy_", "") for s in ("64_", "", "_64", "_64_")):
            threads = getattr(library, f"{prefix}openblas_get_num_threads{suffix}", None)
            core = getattr(library, f"{prefix}openblas_get_corename{suffix}", None)
            if threads is not None and core is not None:
                core.restype = ctypes.c_char_p
                known = {"user_api": "blas", "internal_api": "openblas"}
                return {**known, "num_threads": threads(), "architecture": core().decode()}
    return {}


def blas() -> "dict[str, object]":
    """The linear algebra that a loaded NumPy was built with, and the CPU features that it found."""
    configuration = getattr(getattr(sys.modules.get("numpy"), "__config__", None), "CONFIG", {})
    built = configuration.get("Build Dependencies", {}).get("blas", {})
    told = {key: built[key] for key in ("name", "version", "openblas configuration") if key in built}
    simd = configuration.get("SIMD Extensions", {}).get("found")
    return {**told, "simd": list(simd)} if simd else told


def report(name: str) -> str:
    """The JSON text of one of the two descriptions; empty for a name that is none."""
    described = {"describe": describe, "describe_loaded": describe_loaded}.get(name)
    return json.dumps(described()) if described else ""
