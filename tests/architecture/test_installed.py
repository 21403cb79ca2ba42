"""What `make test` tests is the installed wheel, and the wheel holds all it needs."""

import os
import subprocess
import sys
import sysconfig
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

import lims

ROOT = Path(__file__).parents[2]
PACKAGE = Path(lims.__file__).parent
DATA = Path(sysconfig.get_path("data"))

installed = pytest.mark.skipif(
    "LIMS_INSTALLED" not in os.environ, reason="only where make test has installed the wheel"
)


@installed
def test_tests_import_the_installed_package() -> None:
    assert not PACKAGE.is_relative_to(ROOT / "lims")


@installed
def test_commands_started_from_the_checkout_use_the_installed_package() -> None:
    asked = [sys.executable, "-m", "lims.cli.main", "--version"]
    said = subprocess.run([*asked], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    where = [sys.executable, "-c", "import lims; print(lims.__file__)"]
    file = subprocess.run(where, cwd=ROOT, capture_output=True, check=True, text=True).stdout.strip()
    assert said.strip() == f"lims {version('jupyter-lims')}"
    assert Path(file).parent == PACKAGE


@installed
@pytest.mark.parametrize(
    "name",
    [
        "notebooks/*.ipynb",
        "dashboards/session.ipynb",
        "dashboards/records.ipynb",
        "hub_config/proxy/package-lock.json",
        "jupyter/static/widget.js",
        "jupyter/static/full.js",
    ],
)
def test_wheel_holds(name: str) -> None:
    assert list(PACKAGE.glob(name))


@installed
@pytest.mark.parametrize(
    "name",
    [
        "share/jupyter/labextensions/jupyter-lims/package.json",
        "etc/jupyter/jupyter_server_config.d/jupyter_lims.json",
        "etc/ipython/ipython_config.py",
    ],
)
def test_jupyter_finds(name: str) -> None:
    assert (DATA / name).is_file()


@installed
def test_nothing_of_the_proxys_modules_is_packed() -> None:
    assert not list(PACKAGE.rglob("node_modules"))


def test_command_and_plugin_groups_are_registered() -> None:
    assert [one.value for one in entry_points(group="console_scripts", name="lims")] in ([], ["lims.cli.main:main"])
    assert lims.__version__


def test_version_is_said_once() -> None:
    said = f'version = "{lims.__version__}"'
    assert said in (ROOT / "pyproject.toml").read_text()
    assert f'"version": "{lims.__version__}"' in (ROOT / "lab_extension" / "package.json").read_text()
