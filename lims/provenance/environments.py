"""Two environments beside each other, and the lock that one can be built from again.

An environment is the two reports of environment.py as one dictionary. What one of the two does not tell, because an
older version wrote it down or the kernel died, is not compared.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lims.errors import Invalid

OURSELVES = "jupyter-lims"
PASSING = ("random_start", "random")
"""What a report tells of the one run, not of what it ran in."""
HARMLESS = ("NUMBA_CACHE_DIR", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONSAFEPATH", "PYTHONSTARTUP")
TOLD_ELSEWHERE = ("LANG", "LC_", "TZ")
"""Variables whose effect is compared instead: the encoding and the time zone."""
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")


@dataclass(frozen=True)
class Change:
    """before, after: "" where there was nothing. counts: whether it can change a result."""

    what: str
    before: str
    after: str
    counts: bool = True


@dataclass(frozen=True)
class EnvironmentComparison:
    """same: no change that counts. changes: those that count come first."""

    same: bool
    changes: tuple[Change, ...]


def compare(then: Mapping[str, Any], now: Mapping[str, Any]) -> EnvironmentComparison:
    """What differs between the environments of two runs, as far as it can change a result.

    Host, paths, times and the operating system's own release do not count and are not told. A package that neither run
    loaded does not count either, and comes last; of a run that did not tell what it loaded, all packages count.
    """
    changes = [*of_the_machine(then, now), *of_variables(then, now), *of_packages(then, now)]
    changes.sort(key=lambda change: not change.counts)
    return EnvironmentComparison(not any(change.counts for change in changes), tuple(changes))


def as_lock(environment: Mapping[str, Any]) -> str:
    """pip's requirements, `name==version` a line, sorted.

    Without jupyter-lims itself, which is on no index under the version of a checkout; rebuilding.py adds it.
    Raises Invalid for a name or version that pip would read as something else, such as an option or a path.
    """
    versions = packages(environment)
    for name, version in versions.items():
        if not NAME.fullmatch(name) or not VERSION.fullmatch(version):
            raise Invalid(f"The environment lists a package {name!r} {version!r}, which is no name with a version.")
    return "".join(f"{name}=={version}\n" for name, version in sorted(versions.items()) if name != OURSELVES)


def facts(environment: Mapping[str, Any]) -> dict[str, Any]:
    """An environment without what is of one run only, so that it is equal for all runs in it."""
    return {key: value for key, value in environment.items() if key not in PASSING}


def used_generators(environment: Mapping[str, Any]) -> tuple[str, ...]:
    """The global random generators that the run used or seeded: `random`, `numpy.random`."""
    before, after = environment.get("random_start", {}), environment.get("random", {})
    moved = before.get("python") != after.get("python") if after and before else after.get("python_used", False)
    found = (("random", moved), ("numpy.random", after.get("numpy_global_used", False)))
    return tuple(name for name, used in found if used)


def packages(environment: Mapping[str, Any]) -> dict[str, str]:
    """Version by canonical name."""
    return {canonical(name): str(version) for name, version in environment.get("packages", {}).items()}


def canonical(name: str) -> str:
    """Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


# --- the machine ------------------------------------------------------------------------------------------------

Telling = Callable[[Mapping[str, Any]], str | None]


def of_the_machine(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    told = dict(FACTS)
    if architectures(then) is None or architectures(now) is None:
        told["processor"] = lambda one: told_by(one, "cpu", "model")
    for what, telling in told.items():
        before, after = telling(then), telling(now)
        if before is not None and after is not None and before != after:
            yield Change(what, before, after)


def told_by(environment: Mapping[str, Any], part: str, *names: str) -> str | None:
    """Some of a part's values in one line; None where the environment has no such part."""
    values = environment.get(part)
    return None if values is None else " ".join(str(values[name]) for name in names if values.get(name))


def system(environment: Mapping[str, Any]) -> str | None:
    """Linux with its C library: of its kernel no result depends. Of others the whole name."""
    name = told_by(environment, "system", "name")
    if name is None or not name.startswith("Linux"):
        return name
    return f"Linux {told_by(environment, 'system', 'libc', 'machine')}"


def architectures(environment: Mapping[str, Any]) -> str | None:
    """What the linear algebra computes with: library, threads, and the CPU that its code was chosen for."""
    if not environment.get("pools"):
        return None
    return ", ".join(sorted({pool_text(pool) for pool in environment["pools"]}))


def pool_text(pool: Mapping[str, Any]) -> str:
    named = " ".join(str(pool[key]) for key in ("internal_api", "architecture") if pool.get(key))
    threads = pool.get("num_threads")
    return f"{named}, 1 thread" if threads == 1 else f"{named}, {threads} threads"


def simd(environment: Mapping[str, Any]) -> str | None:
    found = environment.get("blas", {}).get("simd")
    return None if found is None else " ".join(found)


def zones(environment: Mapping[str, Any]) -> str | None:
    """Not the offset: it is another one in summer."""
    found = environment.get("timezone")
    return None if found is None else "/".join(dict.fromkeys(found.get("zones", ())))


def image(environment: Mapping[str, Any]) -> str | None:
    found = environment.get("container")
    return None if found is None else ", ".join(f"{name} {value}" for name, value in sorted(found.items()))


FACTS: dict[str, Telling] = {
    "Python": lambda one: told_by(one, "python", "implementation", "version"),
    "operating system": system,
    "container": image,
    "linear algebra": lambda one: told_by(one, "blas", "name", "version") or None,
    "linear algebra's threads and processor": architectures,
    "NumPy's processor features": simd,
    "text encoding": lambda one: told_by(one, "locale", "encoding"),
    "time zone": zones,
}


# --- variables and packages -------------------------------------------------------------------------------------


def of_variables(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    part = "variables" if "variables" in then and "variables" in now else "threads"
    before, after = then.get(part, {}), now.get(part, {})
    for name in sorted({*before, *after} - set(HARMLESS)):
        if before.get(name) != after.get(name) and not name.startswith(TOLD_ELSEWHERE):
            yield Change(name, before.get(name, ""), after.get(name, ""))


def of_packages(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    if "packages" not in then or "packages" not in now:
        return
    before, after = packages(then), packages(now)
    hashes = tuple({canonical(n): h for n, h in one.get("package_hashes", {}).items()} for one in (then, now))
    used = {canonical(name) for one in (then, now) for name in one.get("used", ())}
    for name in sorted({*before, *after}):
        counts = not used or name in used
        what = f"package {name}" if counts else f"unused package {name}"
        codes = tuple(one.get(name, "") for one in hashes)
        if before.get(name) != after.get(name):
            yield Change(what, before.get(name, ""), after.get(name, ""), counts)
        elif all(codes) and codes[0] != codes[1]:
            version = before[name]
            yield Change(what, f"{version} (code {codes[0][:12]})", f"{version} (code {codes[1][:12]})", counts)
