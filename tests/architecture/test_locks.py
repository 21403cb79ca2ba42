"""The locks: complete, hashed, and in step with pyproject.toml."""

import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>\S+)(?: ; (?P<marker>[^\\]+))?", re.MULTILINE)
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-validator.lock"]
PLACES = [
    {
        "python_full_version": f"3.{minor}.6",
        "python_version": f"3.{minor}",
        "sys_platform": platform,
        "platform_system": system,
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "os_name": "posix",
    }
    for minor in (11, 12, 13)
    for platform, system, machine in (("linux", "Linux", "x86_64"), ("darwin", "Darwin", "arm64"))
]


def pins(lock: str) -> dict[str, list[tuple[str, str | None]]]:
    found: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for pin in PIN.finditer((ROOT / lock).read_text()):
        found[canonicalize_name(pin["name"])].append((pin["version"], pin["marker"]))
    assert len(found) > 100
    return found


def requirements(*groups: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = list(project["project"]["dependencies"])
    for group in groups:
        listed += [one for one in project["dependency-groups"][group] if isinstance(one, str)]
    return [Requirement(one) for one in listed]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash(lock: str) -> None:
    entries = re.split(r"\n(?=[a-z])", (ROOT / lock).read_text())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_holds_pins_and_hashes_and_nothing_else(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    assert [line for line in lines if not re.match(r"[a-z0-9._-]+==|    --hash=sha256:[0-9a-f]{64}( \\)?$", line)] == []


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place['sys_platform']}-{place['python_version']}")
@pytest.mark.parametrize(
    ("lock", "groups"), [("requirements.lock", ["build"]), ("requirements-dev.lock", ["build", "dev"])]
)
def test_lock_satisfies_what_is_asked_for(lock: str, groups: list[str], place: dict[str, str]) -> None:
    known = pins(lock)
    for wanted in requirements(*groups):
        here = [
            version
            for version, marker in known[canonicalize_name(wanted.name)]
            if not marker or Marker(marker).evaluate(place)
        ]
        assert len(here) == 1, wanted
        assert wanted.specifier.contains(here[0], prereleases=True), wanted


def test_lock_for_tests_holds_all_that_is_installed_to_run() -> None:
    run, test = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name for name in run if run[name] != test[name]} == set()


def test_the_validator_of_crates_is_not_among_what_is_installed_to_run() -> None:
    lock = (ROOT / "requirements-validator.lock").read_text()
    assert "\nroc-validator==0.13." in lock
    assert "roc-validator" not in pins("requirements-dev.lock")
