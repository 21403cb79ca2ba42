"""Eve as two people work on her: what they made has a common grandparent, each step has its sentence, code is kept.

Xenia makes a Fourier transform of Eve, three inverse ones, and a mask of one of them with a script. Yuri cuts a section
out of Eve and does the same with it; one of his steps was done in DigitalMicrograph on a desktop.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import hyperspy.api as hs
import numpy as np
import pytest

from lims.facility.local_files import local_file
from lims.facility.origins import RunView
from lims.facility.running import How, run_notebook
from lims.facility.views import DatasetView
from lims.provenance.declaration import find_notebook
from tests.facility.running.people import People, Person, said

pytestmark = pytest.mark.timeout(1200)  # three notebooks run on a large image before the first test
SIZE = 2048
PIXEL_NM = 0.02
SPACINGS_NM = ((0.40, 0.0, 3.0), (0.0, 0.36, 2.0), (0.26, 0.26, 1.0))
"""Along x and y, and how strong: three sets of fringes."""
MASK = """
import sys
import numpy as np
import lims

fringes = lims.open(sys.argv[1])
np.save("mask.npy", fringes.data > 0)
lims.save("mask.npy", "Eve_mask.npy", parents=[fringes], relation="threshold", params={"above": 0})
"""


def write_eve(path: Path, size: int = SIZE) -> Path:
    y, x = np.mgrid[:size, :size] * PIXEL_NM
    image = np.random.default_rng(220).normal(100, 1, (size, size))
    for along_x, along_y, strength in SPACINGS_NM:
        phase = (x / along_x if along_x else 0) + (y / along_y if along_y else 0)
        image += strength * np.cos(2 * np.pi * phase)
    signal = hs.signals.Signal2D(image.astype(np.float32))
    signal.metadata.General.title = "Eve"
    for axis in signal.axes_manager.signal_axes:
        axis.scale, axis.units = PIXEL_NM, "nm"
    signal.save(path)
    return path


@dataclass(frozen=True)
class Story:
    """The runs in their order; results by name."""

    eve: str
    transform: RunView
    mask: RunView
    section: RunView
    partial: RunView
    desktop: DatasetView

    def of_xenia(self, name: str) -> str:
        return named(name, self.transform, self.mask)

    def of_yuri(self, name: str) -> str:
        return named(name, self.section, self.partial)


def named(name: str, *runs: RunView) -> str:
    return next(one.id for run in runs for one in run.outputs if one.name == name)


def ran(who: Person, notebook: str, **given: str) -> RunView:
    run = run_notebook(who.facility, who.address, find_notebook(notebook), given, How(folder=who.work))
    assert (run.status, run.error) == ("done", "")
    return run


@pytest.fixture(scope="module")
def story(at: People, script, tmp_path_factory: pytest.TempPathFactory) -> Story:
    eve = at.arrive(write_eve(at.raw / "Eve.hspy"))
    transform = ran(at.xenia, "fft", dataset=eve, spots="3", vectors="200, 020, 220")
    mask = script(at.xenia.work, MASK, named("Eve_iFFT_C.hspy", transform), name="mask.py")
    section = ran(at.yuri, "crop", dataset=eve, x="128", y="64", width="512", height="512")
    partial = ran(at.yuri, "fft", dataset=section.outputs[0].id, spots="3", vectors="200, 020, 220")

    made = tmp_path_factory.mktemp("desktop") / "Eve_rotated.npy"
    np.save(made, np.zeros((4, 4)))
    parent = next(one.id for one in partial.outputs if one.name.endswith("iFFT_A.hspy"))
    words = ["--facility", at.yuri.address, "import-derived", str(made), "--parent", parent, "--relation", "rotation"]
    more = ["--software", "DigitalMicrograph 3.5", "-p", "angle", "12.5 deg", "--note", "with the mouse", "--json"]
    code, desktop = said(*words, *more)
    assert code == 0
    return Story(eve, transform, mask, section, partial, at.yuri.facility.dataset(desktop["id"]))


def test_each_of_the_two_has_what_the_notebooks_promise(at, story):
    results = {one.name for one in story.transform.outputs}
    assert results == {"Eve_FFT.hspy", "Eve_iFFT_A.hspy", "Eve_iFFT_B.hspy", "Eve_iFFT_C.hspy", "Eve_FFT.png"}
    assert [one.name for one in story.section.outputs] == ["Eve_crop.hspy"]
    assert len(story.partial.outputs) == 5
    assert [one.doubts for one in (story.transform, story.mask, story.section, story.partial)] == [()] * 4
    assert [one.user for one in (story.transform, story.partial)] == ["xenia", "yuri"]


def test_the_common_grandparent_of_two_results_is_found_and_both_ways_are_told_in_sentences(at, story):
    one, other = story.of_xenia("Eve_iFFT_C.hspy"), story.desktop.id
    found = at.staff.facility.common_ancestors(one, other)
    assert found.nearest == (story.eve,)
    sentences = [edge["sentence"] for edge in found.ways.edges]
    assert "Eve_iFFT_C.hspy is the inverse FFT of the [220] vector of Eve_FFT.hspy" in sentences
    assert "Eve_FFT.hspy is the FFT of Eve.hspy" in sentences
    section = "Eve_crop.hspy is the section of Eve.hspy of 512 × 512 px (10.2 × 10.2 nm) at x = 128 px, y = 64 px"
    assert section in sentences
    rotated = next(sentence for sentence in sentences if sentence.startswith("Eve_rotated.npy"))
    assert rotated.endswith("by rotation (angle: 12.5 deg)")


def test_neither_sees_what_the_other_has_made_of_it(at, story):
    of_yuri = {node.id for node in at.yuri.facility.lineage(story.eve, "descendants").nodes}
    assert story.section.outputs[0].id in of_yuri
    assert not of_yuri & {one.id for one in story.transform.outputs}


def test_the_step_on_the_desktop_is_a_run_with_its_program_and_its_parameters(at, story):
    (run_id,) = story.desktop.made_by
    run = at.yuri.facility.run(run_id)
    assert (run.details.kind, run.notebook, run.user) == ("external", "DigitalMicrograph 3.5", "yuri")
    assert run.parameters == {"angle": {"value": 12.5, "unit": "deg"}}
    assert run.environment["note"] == "with the mouse"
    assert {one.source for one in (*run.inputs, *run.outputs)} == {"imported"}


def test_the_code_of_every_step_is_kept_as_it_ran(at, story):
    for run, text in (
        (story.transform, find_notebook("fft").read_bytes()),
        (story.section, find_notebook("crop").read_bytes()),
        (story.mask, MASK.encode()),
    ):
        kept = local_file(at.staff.facility, at.staff.facility.location(str(run.details.source)))
        assert kept.read_bytes() == text
        assert run.details.source_sha256 == hashlib.sha256(text).hexdigest()
        assert run.environment["packages"]["numpy"] == np.__version__
    assert "hyperspy" in story.transform.environment["used"]


def test_the_two_transforms_differ_in_what_they_were_made_from(at, story):
    changes = at.staff.facility.compare_runs(story.transform.run, story.partial.run)
    assert changes["same"] is False
    assert [one["name"] for one in changes["parameters"]] == ["dataset"]
    assert changes["environment"]["same"] is True


def test_a_reviewer_replays_a_branch_and_every_step_of_it_is_reproduced(at, story):
    code, told = said("--facility", at.staff.address, "replay", story.of_xenia("Eve_mask.npy"), "--upstream", "--json")
    assert [one["run"] for one in told] == [story.transform.run, story.mask.run]
    assert [one["problem"] for one in told] == ["", ""]
    for one in told:
        weak = [each for each in one["outputs"] if each["verdict"] not in ("bytes identical", "content identical")]
        assert (one["reproduced"], weak) == (True, [])
        assert one["environment"] == {"same": True, "changes": [], "causes": [], "rebuilt": []}
    assert len(told[0]["outputs"]) == 5
    assert code == 0
    assert at.staff.facility.run(story.transform.run).replays[0].by == at.staff.name
    assert len(at.staff.facility.run(story.transform.run).outputs) == 5, "a replay adds nothing to the run"


def test_the_step_on_the_desktop_says_why_it_cannot_be_replayed(at, story):
    code, told = said("--facility", at.staff.address, "replay", story.desktop.id, "--json")
    assert code == 2
    assert told["problem"] == "It was done in DigitalMicrograph 3.5 by yuri: nothing here can run that again"
    assert [one["verdict"] for one in told["outputs"]] == ["not replayable"]
