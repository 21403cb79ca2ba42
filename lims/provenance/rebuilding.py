"""The environment of an old run built again: a venv with the very packages, from an index or a folder of wheels."""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import lims
from lims.errors import Invalid, Unavailable
from lims.provenance.environments import OURSELVES, Change, as_lock, canonical, compare, packages

LIMIT_S = 1800.0
LINK_FILES = ("METADATA", "entry_points.txt", "top_level.txt")
BROUGHT = ("pip", "setuptools", "wheel")
"""A new venv may have them though nobody asked."""
DONE = "done"
ENVIRONMENT_SOURCE = (Path(__file__).parent / "environment.py").read_text(encoding="utf-8")
REFUSED = (
    re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+)=="),
    re.compile(r"Failed to (?:download|build|fetch)[^`'\"]*[`'\"]([A-Za-z0-9._-]+)"),
    re.compile(r"[Ff]ailed building wheel for ([A-Za-z0-9._-]+)"),
    re.compile(r"([A-Za-z0-9._-]+) was not found in"),
    re.compile(r"no version of ([A-Za-z0-9._-]+)=="),
    re.compile(r"([A-Za-z0-9._-]+)==\S+ has no (?:usable )?wheels"),
)
"""How pip and uv say which package is the one that they cannot get."""


@dataclass(frozen=True)
class Rebuilt:
    """python: of the environment. differences: where it is not what was recorded; empty where all hashes are equal."""

    python: Path
    differences: tuple[Change, ...]


def rebuild(
    environment: Mapping[str, Any],
    folder: Path,
    *,
    wheelhouse: Path | None = None,
    python: str = "",
    limit_s: float = LIMIT_S,
) -> Rebuilt:
    """An environment with the recorded packages, under `folder`, where it is found again the next time.

    wheelhouse: a folder of wheels to take all packages from, without a network. python: the interpreter to use, by
    default one of the recorded version. A package that the run did not use and that cannot be had is left out; ours is
    taken from the wheelhouse in the recorded version, or is the present one. The differences tell of both.
    Raises Unavailable, naming the Python or the package that cannot be had; Invalid for no environment of Python.
    """
    found = find_python(recorded_python(environment), python)
    wanted = wanted_packages(environment, wheelhouse)
    lock = "".join(f"{name}=={version}\n" for name, version in sorted(wanted.items()))
    place = folder.resolve() / key(lock, found, wheelhouse)
    venv_python = place / "bin" / "python"
    folder.mkdir(parents=True, exist_ok=True)
    with held(place.with_suffix(".lock")):
        if not (place / DONE).exists():
            shutil.rmtree(place, ignore_errors=True)
            make_venv(place, found, limit_s)
            install(venv_python, wanted, used(environment), wheelhouse, limit_s)
            (place / DONE).touch()
        linked = OURSELVES in packages(environment) and OURSELVES not in wanted
        if linked:
            link_ourselves(venv_python)
    return Rebuilt(venv_python, tuple(told_differences(environment, venv_python, linked)))


def wanted_packages(environment: Mapping[str, Any], wheelhouse: Path | None) -> dict[str, str]:
    """Version by name of what is to be installed; unused links to checkouts and system packages are on no index."""
    wanted = dict(line.split("==", 1) for line in as_lock(environment).split())
    hashes = {canonical(name): code for name, code in environment.get("package_hashes", {}).items()}
    needed = used(environment)
    wanted = {name: version for name, version in wanted.items() if name in needed or hashes.get(name, "?")}
    ours = packages(environment).get(OURSELVES, "")
    if ours and wheelhouse and any(wheelhouse.glob(f"jupyter_lims-{ours}-*.whl")):
        wanted[OURSELVES] = ours
    return wanted


def used(environment: Mapping[str, Any]) -> set[str]:
    """What the run loaded; of a run that did not tell, everything."""
    told = {canonical(name) for name in environment.get("used", ())}
    return told or set(packages(environment))


def key(lock: str, python: Path, wheelhouse: Path | None) -> str:
    parts = json.dumps([lock, str(python), version_of(python), str(wheelhouse and wheelhouse.resolve())])
    return hashlib.sha256(parts.encode()).hexdigest()[:20]


@contextmanager
def held(path: Path) -> Iterator[None]:
    """One at a time: two replays at once may want the same environment."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# --- Python -----------------------------------------------------------------------------------------------------


def recorded_python(environment: Mapping[str, Any]) -> str:
    version = str(environment.get("python", {}).get("version", ""))
    if not re.fullmatch(r"\d+\.\d+(\.\w+)?\+?", version):
        raise Invalid("The run's environment cannot be built again: it does not tell the version of Python.")
    return version


def find_python(version: str, given: str) -> Path:
    """The given one, else the recorded version, else one of the same minor version. Raises Unavailable."""
    minor = ".".join(version.split(".")[:2])
    if given:
        named = shutil.which(given)
        if named is None or not version_of(Path(named)):
            raise Unavailable(f"There is no Python {given}.", hint="Name another interpreter.")
        return Path(named)
    candidates = list(pythons(version, minor))
    exact = [path for path in candidates if version_of(path) == version]
    near = [path for path in candidates if version_of(path).startswith(f"{minor}.")]
    for path in exact or near:
        return path
    raise Unavailable(
        f"The run had Python {version}, and no Python {minor} is on this machine.",
        hint=f"Install it, for example with: uv python install {minor}",
    )


def pythons(version: str, minor: str) -> Iterator[Path]:
    yield Path(sys.executable)
    uv = find_uv()
    for wanted in (version, minor) if uv else ():
        told = run([str(uv), "python", "find", "--no-python-downloads", "--no-project", wanted], 60)
        if told.returncode == 0 and told.stdout.strip():
            yield Path(told.stdout.strip())
    named = shutil.which(f"python{minor}")
    if named:
        yield Path(named)


def version_of(python: Path) -> str:
    """"" for what cannot be run: a name on the path may lead to nothing."""
    try:
        told = run([str(python), "-c", "import platform; print(platform.python_version())"], 60)
    except OSError:
        return ""
    return told.stdout.strip() if told.returncode == 0 else ""


def find_uv() -> Path | None:
    beside = Path(sys.executable).with_name("uv")
    found = shutil.which("uv")
    return beside if beside.exists() else Path(found) if found else None


# --- installing -------------------------------------------------------------------------------------------------


def make_venv(place: Path, python: Path, limit_s: float) -> None:
    uv = find_uv()
    command = [str(uv), "venv", "--no-project", "--python"] if uv else []
    done = run([*command, str(python), *([] if uv else ["-m", "venv"]), str(place)], limit_s)
    if done.returncode:
        raise Unavailable(f"No environment could be made with {python}: {last_line(done.stderr)}.")


def install(
    python: Path, wanted: Mapping[str, str], needed: set[str], wheelhouse: Path | None, limit_s: float
) -> None:
    """Leaves out what cannot be had and was not used, one after another. Raises Unavailable for what was used."""
    left = dict(wanted)
    while left:
        lock = python.parent.parent / "requirements.txt"
        lock.write_text("".join(f"{name}=={version}\n" for name, version in sorted(left.items())), encoding="utf-8")
        done = run([*installer(python), "--no-deps", "-r", str(lock), *source(wheelhouse)], limit_s)
        if done.returncode == 0:
            return
        name = refused(done.stdout + done.stderr, left)
        if not name or name in needed:
            raise missing(name, left, wheelhouse, done.stderr)
        del left[name]


def installer(python: Path) -> list[str]:
    uv = find_uv()
    if uv:
        return [str(uv), "pip", "install", "--python", str(python)]
    return [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]


def source(wheelhouse: Path | None) -> list[str]:
    return ["--no-index", "--find-links", str(wheelhouse.resolve())] if wheelhouse else []


def refused(said: str, wanted: Mapping[str, str]) -> str:
    """Which of the wanted packages the installer stumbled over; "" where it does not say."""
    said = " ".join(said.split())  # uv breaks its lines wherever they are full
    for pattern in REFUSED:
        for found in pattern.findall(said):
            if canonical(found) in wanted:
                return canonical(found)
    named = [name for name, version in wanted.items() if f"{name}=={version}" in said]
    return named[0] if len(named) == 1 else ""


def missing(name: str, wanted: Mapping[str, str], wheelhouse: Path | None, said: str) -> Unavailable:
    if not name:
        return Unavailable(f"The packages of the run could not be installed: {last_line(said)}.")
    where = f"in {wheelhouse}" if wheelhouse else "on the package index"
    return Unavailable(
        f"The package {name} {wanted[name]}, which the run used, cannot be had {where} for this Python and machine.",
        hint="Put a wheel of it into a folder of wheels and name that." if not wheelhouse else "Add a wheel of it.",
    )


def run(command: Sequence[str], limit_s: float) -> "subprocess.CompletedProcess[str]":
    """Without what leads Python to our own packages. Raises Unavailable when it takes too long."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    try:
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=limit_s)
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{Path(command[0]).name} took longer than {limit_s:g} seconds.") from error


def last_line(text: str) -> str:
    return next((line.strip(" .│╰─▶×") for line in reversed(text.splitlines()) if line.strip()), "it did not say why")


# --- ourselves --------------------------------------------------------------------------------------------------


def link_ourselves(python: Path) -> None:
    """A link to our present package and nothing beside it: a .pth file would let in all that is installed there.

    With a copy of its metadata, by which readers of files are found.
    """
    site = next((python.parent.parent / "lib").glob("python*/site-packages"))
    package = Path(lims.__file__).parent
    link = site / package.name
    link.unlink(missing_ok=True)
    link.symlink_to(package)
    ours = ourselves()
    if ours is None:
        return
    for old in site.glob("jupyter_lims-*.dist-info"):
        shutil.rmtree(old)
    info = site / f"jupyter_lims-{ours.version}.dist-info"
    info.mkdir()
    for name in (*LINK_FILES, "RECORD") if is_installed(ours) else LINK_FILES:
        text = ours.read_text(name)
        if text is not None:
            (info / name).write_text(text, encoding="utf-8")


def ourselves() -> Distribution | None:
    try:
        return distribution(OURSELVES)
    except PackageNotFoundError:
        return None


def is_installed(ours: Distribution) -> bool:
    """Whether the package we are is the installed one and not a checkout, of which RECORD tells nothing."""
    return Path(str(ours.locate_file("lims"))).resolve() == Path(lims.__file__).parent.resolve()


# --- what it became ---------------------------------------------------------------------------------------------


def told_differences(environment: Mapping[str, Any], python: Path, linked: bool) -> Iterator[Change]:
    """Packages, Python and system only: what else a run's environment is, who starts it decides.

    linked: whether we ourselves are the present package. That is told unless its code is known to be the recorded one,
    also where the version is equal, for a checkout's says little.
    """
    now = describe(python)
    then = {name: environment[name] for name in (*now, "used") if name in environment}
    for change in compare(then, now).changes:
        name = change.what.rpartition(" ")[2]
        if not (change.before == "" and name in BROUGHT) and not (linked and name == OURSELVES):
            yield change
    codes = [one.get("package_hashes", {}).get(OURSELVES, "") for one in (then, now)]
    if linked and not (codes[0] and codes[0] == codes[1]):
        after = f"the present one {packages(now).get(OURSELVES, '')}".strip()
        yield Change(f"package {OURSELVES}", packages(then)[OURSELVES], after, OURSELVES in used(then))


def describe(python: Path) -> dict[str, Any]:
    program = f"names = {{}}\nexec({ENVIRONMENT_SOURCE!r}, names)\nprint(names['report']('describe'))"
    done = run([str(python), "-I", "-c", program], 120)
    if done.returncode:
        raise Unavailable(f"The environment of {python} cannot be used: {last_line(done.stderr)}.")
    told: dict[str, Any] = json.loads(done.stdout)
    return {name: told[name] for name in ("packages", "package_hashes", "python", "system")}
