"""A transform of years ago, run with other versions really installed: what differs today, and what does not when the
environment is built again. Needs the package index, and minutes.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from lims.facility.origins import RunView
from lims.facility.running import How, run_notebook
from lims.facility.running.replaying import Again, replay
from lims.provenance.rebuilding import find_uv
from tests.facility.running.people import People
from tests.facility.running.test_eve import write_eve

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]
OLD = ("numpy==1.26.4", "hyperspy==2.1.1", "ipykernel", "matplotlib")
"""Nothing of ours is in that kernel: the notebook opens its file by itself."""
TRANSFORM = """
import hyperspy.api as hs
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np

eve = hs.load(path)
transform = eve.fft(shift=True)
transform.save("Eve_FFT.hspy")
spectrum = transform.data.copy()
y, x = np.ogrid[: spectrum.shape[0], : spectrum.shape[1]]
far = abs(x - 256) + abs(y - 256) > 60
np.save("Eve_iFFT.npy", np.fft.ifft2(np.fft.ifftshift(np.where(far, spectrum, 0))).real)
plt.imsave("Eve_FFT.png", np.log1p(abs(spectrum)), cmap="gray")
"""


TOLERANCES = {"Eve_FFT.hspy": {"absolute": 3.0}, "Eve_iFFT.npy": {"absolute": 1e-4}}
"""NumPy 2 transforms single precision in single precision, NumPy 1 did it in double. 3 is the last bit (1.2e-7) of the
brightest element, 512 * 512 * 100; the default, which is nearer to each element's own size, calls a few on the axes
different."""


def write_transform(path: Path) -> Path:
    first = nbformat.v4.new_code_cell("path = ''", metadata={"tags": ["parameters"]})
    outputs = [{"name": name, "title": name, "tolerance": tolerance} for name, tolerance in TOLERANCES.items()]
    about = {"lims": {"title": "Old", "outputs": outputs}}
    nbformat.write(nbformat.v4.new_notebook(cells=[first, nbformat.v4.new_code_cell(TRANSFORM)], metadata=about), path)
    return path


@pytest.fixture(scope="module")
def long_ago(at: People, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunView]:
    """The transform of Eve in a kernel with NumPy 1.26 and HyperSpy 2.1."""
    place = tmp_path_factory.mktemp("long ago")
    python = place / "venv/bin/python"
    uv = str(find_uv())
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(place / "venv")], check=True)
    subprocess.run([uv, "pip", "install", "-q", "--python", str(python), *OLD], check=True)
    spec = place / "kernels/old/kernel.json"
    spec.parent.mkdir(parents=True)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": command, "display_name": "Old", "language": "python"}))
    at.arrive(write_eve(at.raw / "Eve.hspy", 512))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("JUPYTER_PATH", str(place))
        patched.setenv("XDG_CACHE_HOME", str(place / "cache"))
        patched.delenv("PYTHONPATH", raising=False)
        given = {"path": str(at.raw / "Eve.hspy")}
        how = How(kernel="old", folder=at.xenia.work)
        run = run_notebook(at.xenia.facility, at.xenia.address, write_transform(place / "old.ipynb"), given, how)
        assert (run.status, run.error) == ("done", "")
        assert run.environment["packages"]["numpy"] == "1.26.4"
        assert [one.name for one in run.inputs] == ["Eve.hspy"]
        yield run


def test_with_other_versions_a_transform_is_equivalent_and_the_versions_are_told(at, long_ago, record_property):
    found = replay(at.xenia.facility, at.xenia.address, long_ago.run)
    told = {one["name"]: (one["verdict"], one["where"], one["max_abs"], one["rms"]) for one in found.outputs}
    record_property("says", f"NumPy 1.26, HyperSpy 2.1 → today: {told}")
    assert found.problem == ""
    assert not found.environment["same"]
    changes = {one["what"]: (one["before"], one["counts"]) for one in found.environment["changes"]}
    assert changes["package numpy"] == ("1.26.4", True)
    assert changes["package hyperspy"] == ("2.1.1", True)
    assert {name: each[0] for name, each in told.items()} == {
        "Eve_FFT.hspy": "equivalent", "Eve_iFFT.npy": "equivalent", "Eve_FFT.png": "visually equivalent"
    }  # fmt: skip
    assert found.reproduced


def test_in_the_environment_built_again_it_is_the_same(at, long_ago, record_property):
    said: list[str] = []
    found = replay(at.xenia.facility, at.xenia.address, long_ago.run, Again(is_recorded=True, say=said.append))
    told = {one["name"]: one["verdict"] for one in found.outputs}
    record_property("says", f"built again: {told}; {found.environment}")
    assert found.problem == ""
    assert said == ["Building the recorded environment; a few minutes the first time."]
    assert set(told.values()) <= {"bytes identical", "content identical"}
    assert found.environment["same"]
    assert found.reproduced


def test_a_wheelhouse_that_lacks_a_package_is_a_problem_that_names_it(at, long_ago, tmp_path: Path):
    found = replay(at.xenia.facility, at.xenia.address, long_ago.run, Again(is_recorded=True, wheelhouse=tmp_path))
    assert not found.reproduced
    assert "cannot be had in" in found.problem
