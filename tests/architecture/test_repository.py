"""What must be true of the repository as a whole."""

import re
import subprocess
import sysconfig
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADDRESSES = (
    "pypi" + ".org",
    "python" + "hosted.org",
    "npm" + "js.",
    "yarn" + "pkg.com",
    "npm" + "mirror",
    "jsde" + "livr",
    "unp" + "kg.com",
    "cdn" + "js.",
    "fonts.google" + "apis",
    "--index" + "-url",
    "--extra" + "-index",
)
MACHINE = re.compile(r"(?<![\w.:/-])/(?:work/(?:main|scratch|shared|\.)|root/|home/(?!USER|jovyan)\w)")
VAGUE = {"utils", "helpers", "manager", "common", "base", "misc"}
LONGEST_FILE = 400


@cache
def tracked() -> tuple[Path, ...]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    found = tuple(ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())
    assert len(found) > 50
    return found


def texts() -> list[tuple[str, str]]:
    """(path, content) of every tracked text file."""
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            found.append((path.relative_to(ROOT).as_posix(), content.decode("utf-8")))
    return found


def test_no_file_names_a_registry_or_a_foreign_server() -> None:
    named = [(name, word) for name, text in texts() for word in ADDRESSES if word in text]
    assert named == []


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    assert [(name, found[0]) for name, text in texts() if (found := MACHINE.search(text))] == []


def test_licence_is_the_gpl_and_is_packed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "GPL-3.0-or-later"
    assert "GNU GENERAL PUBLIC LICENSE" in (ROOT / "LICENSE").read_text()
    assert project["license-files"] == ["LICENSE"]


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "ARCHITECTURE.md", "LICENSE", "Makefile", ".ci/run"])
def test_repository_has(name: str) -> None:
    assert (ROOT / name).is_file()


def test_readme_names_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "make up" in readme
    assert "make test" in readme


def test_modules_are_named_for_what_they_do() -> None:
    assert [str(path) for path in tracked() if path.suffix in (".py", ".ts", ".tsx") and path.stem in VAGUE] == []


def test_files_stay_readable() -> None:
    code = [path for path in tracked() if path.suffix in (".py", ".ts", ".tsx") and "generated" not in path.parts]
    lengths = {path.relative_to(ROOT).as_posix(): path.read_text().count("\n") for path in code}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_every_import_points_down() -> None:
    linted = subprocess.run(
        [Path(sysconfig.get_path("scripts"), "lint-imports")], cwd=ROOT, capture_output=True, check=False, text=True
    )
    assert linted.returncode == 0, linted.stdout
