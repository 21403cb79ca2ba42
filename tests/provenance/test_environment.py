import ast
import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
from wheels import record_hash, wheel

from lims.provenance import environment
from lims.provenance.engine import ENVIRONMENT_SOURCE

UV = str(Path(sys.executable).parent / "uv")
HOW = ["--quiet", "--no-deps", "--no-index"]
WORK = "import numpy, scipy.linalg\n"


def told(code: str = "", **env: str) -> dict[str, object]:
    """Both reports of a Python of its own, as a kernel gives them, and the CPU seconds that they took."""
    program = (
        f"import json, time, ipykernel.kernelbase\nsource = {ENVIRONMENT_SOURCE!r}\n"
        "def ask(name):\n    names = {}\n    exec(source, names)\n    return json.loads(names['report'](name))\n"
        f"begin = time.process_time()\nfirst = ask('describe')\nspent = time.process_time() - begin\n{code}\n"
        "begin = time.process_time()\nsecond = ask('describe_loaded')\nspent += time.process_time() - begin\n"
        "print(json.dumps({**first, **second, 'spent_s': spent}))"
    )
    env = {**os.environ, **env}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, check=True)
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def after_work():
    return told(WORK)


def test_what_is_reported_is_json_of_the_standard_library_alone():
    imported = {
        (name.name if isinstance(node, ast.Import) else node.module).partition(".")[0]
        for node in ast.walk(ast.parse(ENVIRONMENT_SOURCE))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert imported <= sys.stdlib_module_names


def test_every_package_has_a_version_and_a_hash(after_work):
    assert after_work["packages"].keys() == after_work["package_hashes"].keys()
    assert after_work["packages"]["numpy"] == numpy.__version__
    assert len(after_work["package_hashes"]["numpy"]) == 64


def test_used_packages_go_by_the_name_they_are_installed_by():
    report = told("import yaml, PIL")
    assert {"yaml", "PIL"} <= set(report["loaded"])
    assert {"PyYAML", "pillow"} <= {name.replace("Pillow", "pillow") for name in report["used"]}
    assert "scipy" not in report["used"]
    assert "setuptools" not in report["used"], "its shim is loaded into every Python"


def test_the_library_that_computes_is_told_with_its_threads(after_work):
    assert {pool["internal_api"] for pool in after_work["pools"]} == {"openblas"}
    assert all(pool["architecture"] and pool["num_threads"] >= 1 for pool in after_work["pools"])
    one = told(WORK, OPENBLAS_NUM_THREADS="1")
    assert {pool["num_threads"] for pool in one["pools"]} == {1}


def test_asking_costs_little(after_work):
    """0.24 s of CPU on a slow machine, of 280 packages; three times that is still below the five percent of a minute
    in which a notebook with HyperSpy starts and reads a file twice."""
    assert after_work["spent_s"] < 0.75


@pytest.mark.parametrize("by", ["pip", "uv"])
def test_one_wheel_has_one_hash_wherever_and_by_whatever_it_is_installed(tmp_path, by, monkeypatch):
    made = wheel(tmp_path, "tiny", "1.0", "def main(): pass\n")
    # Said by the wheel alone: its one line of code.
    line = f"tiny.py,{record_hash('def main(): pass' + chr(10))},17"
    assert installed_hash(tmp_path / "there", made, by, monkeypatch) == hashlib.sha256(line.encode()).hexdigest()


def test_other_code_under_the_same_version_has_another_hash(tmp_path, monkeypatch):
    wheels = [wheel(tmp_path / code[-2], "tiny", "1.0", code) for code in ("x = 1\n", "x = 2\n")]
    first, second = (installed_hash(made.parent / "v", made, "uv", monkeypatch) for made in wheels)
    assert first != second


def installed_hash(folder: Path, made: Path, by: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """In a venv of its own, for scripts and data go elsewhere with --target."""
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True, capture_output=True)
    python = str(folder / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "install"]
    command = pip if by == "pip" else [UV, "pip", "install", "--offline", "--python", python]
    subprocess.run([*command, *HOW, str(made)], check=True, capture_output=True)
    assert (folder / "share" / "tiny.txt").is_file()
    monkeypatch.setattr(sys, "path", [str(next(folder.glob("lib/*/site-packages")))])
    (code,) = (environment.code_hash(record) for name, _, record in environment.distributions() if name == "tiny")
    monkeypatch.undo()
    return code


def test_a_link_to_a_checkout_and_a_package_without_record_have_no_hash(tmp_path, monkeypatch):
    link, bare = tmp_path / "link-1.dist-info", tmp_path / "bare-2.dist-info"
    for folder, name in ((link, "link"), (bare, "bare")):
        folder.mkdir()
        (folder / "METADATA").write_text(f"Name: {name}\nVersion: 1\n\nName: not this one\n")
    (link / "RECORD").write_text("_link.pth,sha256=abc,3\nlink-1.dist-info/direct_url.json,sha256=ab,2\n")
    (link / "direct_url.json").write_text('{"url": "file:///x", "dir_info": {"editable": true}}')
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    report = environment.describe()
    assert report["packages"] == {"bare": "1", "link": "1"}
    assert report["package_hashes"] == {"bare": "", "link": ""}


def test_variables_that_matter_are_kept_and_secrets_are_not(monkeypatch):
    wanted = {"OMP_NUM_THREADS", "HDF5_USE_FILE_LOCKING", "PYTHONHASHSEED", "TZ", "LC_ALL", "BLIS_NUM_THREADS"}
    for name in wanted:
        monkeypatch.setenv(name, "1")
    for name in ("PYTHON_API_TOKEN", "HDF5_KEY", "LIMS_TOKEN", "JUPYTERHUB_API_URL", "LANGUAGE_MODEL", "MKL_PASSWORD"):
        monkeypatch.setenv(name, "hidden")
    found = environment.variables()
    assert wanted <= found.keys()
    assert "hidden" not in found.values()


@pytest.mark.parametrize(
    ("code", "python", "numpy_global"),
    [
        ("import numpy.random", False, False),
        ("import random; random.random()", True, False),
        ("import random; random.gauss(0, 1)", True, False),
        ("import numpy; numpy.random.rand(3)", False, True),
        ("import numpy; numpy.random.rand(312)", False, True),  # draws all 624 words, so the position is as before
        ("import numpy; numpy.random.seed(7)", False, True),
        ("import numpy; numpy.random.default_rng(1).random()", False, False),
        ("import numpy; numpy.random.set_bit_generator(numpy.random.PCG64(1))", False, True),
    ],
)
def test_it_is_told_whether_a_global_generator_was_used(code, python, numpy_global):
    report = told(code)["random"]
    assert (report["python_used"], report["numpy_global_used"]) == (python, numpy_global)


def test_a_generator_left_alone_is_as_it_was_and_a_seeded_one_is_the_same_twice():
    plain = told("import numpy")
    assert plain["random"]["python"] == plain["random_start"]["python"]
    drawn, again = (told("import numpy; numpy.random.seed(1); numpy.random.rand(5)")["random"] for _ in range(2))
    assert drawn["numpy"] == again["numpy"] != told("import numpy; numpy.random.rand(5)")["random"]["numpy"]


def test_asking_draws_no_number():
    before = random.getstate()
    environment.describe()
    environment.describe_loaded()
    assert random.getstate() == before


def test_the_image_of_a_container_is_told(tmp_path, monkeypatch):
    (tmp_path / ".containerenv").write_text('engine="podman-5"\nimage="lab/em:3"\nimageid="ab12"\n')
    monkeypatch.setattr(environment, "CONTAINER_FILE", tmp_path / ".containerenv")
    monkeypatch.setenv("CONTAINER_IMAGE", "lab/em@sha256:cd")
    found = environment.container()
    assert (found["image"], found["imageid"], found["container_image"]) == ("lab/em:3", "ab12", "lab/em@sha256:cd")


def test_the_kernelspec_is_read_from_the_connection_file(tmp_path, monkeypatch):
    (tmp_path / "kernel.json").write_text('{"kernel_name": "hyperspy", "key": "secret"}')
    monkeypatch.setattr(sys, "argv", ["launcher", "-f", str(tmp_path / "kernel.json")])
    assert environment.kernel_name() == "hyperspy"
    monkeypatch.setattr(sys, "argv", ["launcher", "-f"])
    assert environment.kernel_name() == ""
