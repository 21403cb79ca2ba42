"""Replays of scripts and their verdicts: what is the same, what differs and where, and what may be why."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from lims.facility.origins import RunView
from lims.facility.running.replaying import Again, replay
from lims.facility.views import Content
from lims.model import Replay
from lims.provenance.observing import strict
from tests.facility.running.people import People, write_image

CALM = """
import os, sys
import numpy as np

raw, here = sys.argv[1:]
eve = np.frombuffer(open(raw + "/eve.tif", "rb").read(), np.uint8)
np.save("seeded.npy", np.random.default_rng(7).normal(size=(64, 64)))
a = np.random.default_rng(1).normal(size=(300, 300))
np.save("svd.npy", np.linalg.svd(a)[1])
open(os.path.join(here, "absolute.txt"), "w").write(str(int(eve.sum())))
text = open("notes.txt").read()
open("notes.txt", "w").write(text.upper())
open("short.txt", "w").write(str(len(open("once.txt").read())))
os.remove("once.txt")
open("lasting.txt", "w").write("it was here before")
"""
WILD = """
import os
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np

shift = float(os.environ.get("HIDDEN", "0"))
image = np.random.default_rng(3).uniform(1, 2, (32, 32))
image[5, 7] *= 1 + 1e-4 * shift
np.save("image.npy", image)
np.save("chance.npy", np.random.normal(size=(8, 8)))
figure, axes = plt.subplots(figsize=(4, 3), dpi=100)
axes.plot([0, 1, 2], [0, 1, 0])
axes.text(0.3 + 0.6 * shift, 0.5, "[220]", size=16)
figure.savefig("figure.png")
if not shift:
    open("sometimes.txt", "w").write("x")
else:
    open("besides.txt", "w").write("y")
"""
UNSURE = "import os\nprint('begun')\nopen('a.txt', 'w').write('1')\nif 'HIDDEN' in os.environ: raise ValueError('lost')"


@dataclass(frozen=True)
class Before:
    """A run, and what lay in its folder afterwards."""

    run: RunView
    folder: Path
    files: dict[str, bytes]


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def verdicts(one: Replay) -> dict[str, str]:
    return {each["name"]: each["verdict"] for each in one.outputs}


@pytest.fixture(scope="module")
def eve(at: People) -> str:
    return at.arrive(write_image(at.raw / "eve.tif"))


@pytest.fixture(scope="module")
def calm(at: People, script, eve, tmp_path_factory) -> Before:
    folder = tmp_path_factory.mktemp("calm")
    (folder / "notes.txt").write_text("notes")
    (folder / "once.txt").write_text("removed at the end")
    run = script(folder, CALM, str(at.raw), str(folder))
    assert (run.status, run.error) == ("done", "")
    (folder / "lasting.txt").write_text("somebody has changed it since")
    return Before(run, folder, files_in(folder))


@pytest.fixture(scope="module")
def restored(calm) -> Before:
    """The inputs that the script itself has changed are as it found them."""
    (calm.folder / "notes.txt").write_text("notes")
    (calm.folder / "once.txt").write_text("removed at the end")
    return Before(calm.run, calm.folder, files_in(calm.folder))


@pytest.fixture(scope="module")
def wild(script, tmp_path_factory) -> Before:
    folder = tmp_path_factory.mktemp("wild")
    run = script(folder, WILD)
    assert (run.status, run.error) == ("done", "")
    return Before(run, folder, files_in(folder))


@pytest.fixture(scope="module")
def shifted(at: People, wild, tmp_path_factory) -> tuple[Replay, Path]:
    """Replayed where something that nobody records is another."""
    keep = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HIDDEN", "1")
        return replay(at.staff.facility, at.staff.address, wild.run.run, Again(keep=keep)), keep


def test_what_has_changed_its_own_inputs_cannot_be_replayed_and_says_which(at, calm):
    found = replay(at.xenia.facility, at.xenia.address, calm.run.run)
    assert not found.reproduced
    assert f"{calm.folder}/notes.txt is another file than the one that was read" in found.problem
    assert f"{calm.folder}/once.txt is not there any more" in found.problem
    assert set(verdicts(found).values()) == {"not replayable"}
    assert files_in(calm.folder) == calm.files


def test_in_the_same_environment_all_is_reproduced_and_no_original_is_touched(at, restored):
    found = replay(at.xenia.facility, at.xenia.address, restored.run.run)
    assert found.problem == ""
    names = ("seeded.npy", "svd.npy", "absolute.txt", "notes.txt", "short.txt", "lasting.txt")
    expected = dict.fromkeys(names, "bytes identical")
    assert verdicts(found) == expected
    assert found.reproduced
    assert (found.environment["same"], found.environment["changes"]) == (True, [])
    assert files_in(restored.folder) == restored.files
    assert (at.raw / "eve.tif").is_file()


def test_another_number_of_threads_is_told_and_a_decomposition_is_equivalent_or_the_same(at, restored, monkeypatch):
    told = {one["num_threads"] for one in restored.run.environment["pools"]}
    other = "1" if max(told) > 1 else "2"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, other)
    found = replay(at.xenia.facility, at.xenia.address, restored.run.run)
    assert found.problem == ""
    assert verdicts(found)["svd.npy"] in ("bytes identical", "content identical", "equivalent")
    assert verdicts(found)["seeded.npy"] == "bytes identical"
    assert found.reproduced
    changes = {one["what"]: one for one in found.environment["changes"]}
    assert not found.environment["same"]
    assert changes["OPENBLAS_NUM_THREADS"]["after"] == other
    assert "thread" in changes["linear algebra's threads and processor"]["after"]


def test_random_numbers_without_a_seed_differ_and_the_cause_names_the_generator(at, wild):
    found = replay(at.xenia.facility, at.xenia.address, wild.run.run)
    told = verdicts(found)
    assert told.pop("chance.npy") == "different"
    assert set(told.values()) == {"bytes identical"}
    assert (found.reproduced, found.problem, found.environment["same"]) == (False, "", True)
    assert found.environment["causes"] == ["The run used numpy.random without a seed of its own."]


def test_one_pixel_that_changed_by_a_hundredth_of_a_percent_is_found_with_its_place(wild, shifted):
    one = next(each for each in shifted[0].outputs if each["name"] == "image.npy")
    assert one["verdict"] == "different"
    assert "(5, 7)" in one["where"]
    assert one["size"] == 1
    assert one["max_abs"] == pytest.approx(1.5e-4, rel=0.5)


def test_a_label_that_moved_in_a_figure_is_found_and_its_picture_can_be_looked_at(at, wild, shifted):
    found, keep = shifted
    one = next(each for each in found.outputs if each["name"] == "figure.png")
    assert one["verdict"] == "different"
    assert "8 × 8" in one["note"]
    (name,) = [path.stem for path in keep.glob("difference *figure.png.png")]
    picture = at.xenia.facility.call("replay_picture", Content, replay=found.id, name="figure.png")
    assert picture.media_type == "image/png"
    assert picture.data == (keep / f"{name}.png").read_bytes()
    assert (keep / "image.npy").is_file()


def test_what_is_written_on_one_side_only_is_told_for_each(shifted):
    told = {one["name"]: (one["verdict"], one["where"]) for one in shifted[0].outputs}
    assert told["sometimes.txt"] == ("not replayable", "the replay did not write it")
    assert told["besides.txt"] == ("different", "the run did not write it")


def test_every_replay_is_remembered_with_its_verdicts(at, wild, shifted):
    history = at.xenia.facility.replays(wild.run.run)
    assert history[0].at >= history[-1].at
    assert shifted[0].id in {one.id for one in history}
    assert {one.by for one in history} <= {"xenia", at.staff.name}


def test_a_run_that_wrote_nothing_has_nothing_to_compare(at, script, tmp_path):
    run = script(tmp_path, "print(6 * 7)")
    found = replay(at.xenia.facility, at.xenia.address, run.run)
    assert not found.reproduced
    assert found.problem == "It wrote nothing, so there is nothing to compare."
    assert found.outputs == ()


def test_a_replay_that_fails_says_why_and_what_it_wrote_until_then_is_compared(at, script, tmp_path, monkeypatch):
    run = script(tmp_path, UNSURE)
    monkeypatch.setenv("HIDDEN", "1")
    found = replay(at.xenia.facility, at.xenia.address, run.run)
    assert not found.reproduced
    assert "ValueError: lost" in found.problem
    assert verdicts(found) == {"a.txt": "bytes identical"}


def test_of_inputs_that_are_gone_or_others_today_it_is_said_which(at, script, tmp_path):
    """Each state of the raw file in turn: changed in secret, registered as a new version, gone."""
    raw = at.raw / "adam.tif"
    adam = at.arrive(write_image(raw, 1))
    text = f"open('copy.txt', 'w').write(str(sum(open({str(raw)!r}, 'rb').read())))"
    run = script(tmp_path, text)
    first = raw.read_bytes()

    def problem() -> str:
        found = replay(at.xenia.facility, at.xenia.address, run.run)
        assert verdicts(found) == {"copy.txt": "not replayable"}
        return found.problem

    raw.write_bytes(first[:-1] + bytes([first[-1] ^ 1]))
    os.utime(raw, (0, 0))
    assert f"adam.tif ({adam})" in problem()
    assert "is not the file that was registered" in problem()

    write_image(raw, 2)
    at.local.harvest(all=True)
    assert f"adam.tif ({adam}) is another file than the one that was read" in problem()
    assert at.xenia.facility.run(run.run).inputs[0].sha256 == hashlib.sha256(first).hexdigest()

    raw.unlink()
    assert "adam.tif" in problem()
    raw.write_bytes(first)
    at.local.harvest(all=True)
    assert replay(at.xenia.facility, at.xenia.address, run.run).reproduced, "it is there again, as it was"


def test_a_program_in_another_language_is_replayed_in_a_folder_of_its_own(at, script, eve, tmp_path):
    (tmp_path / "table.txt").write_text("a")
    declared = {"inputs": (eve,), "outputs": ("result.txt",), "is_strict": strict.is_available()}
    text = '#!/bin/sh\ncat "$1" > result.txt\ndate +%s%N > time.txt\n'
    run = script(tmp_path, text, str(at.raw / "eve.tif"), name="turn", **declared)
    before = files_in(tmp_path)
    found = replay(at.xenia.facility, at.xenia.address, run.run)
    told = verdicts(found)
    assert (found.problem, told.pop("result.txt")) == ("", "bytes identical")
    assert told == ({"time.txt": "different"} if strict.is_available() else {})
    assert files_in(tmp_path) == before


def test_a_kept_source_that_was_changed_is_not_run(at, script, tmp_path):
    run = script(tmp_path, "open('a.txt', 'w').write('1')")
    location = at.xenia.facility.location(str(run.details.source))
    kept = Path(str(location.path))
    kept.chmod(0o644)
    kept.write_text("import shutil")
    found = replay(at.xenia.facility, at.xenia.address, run.run)
    assert not found.reproduced
    assert "step.py" in found.problem
    assert "is not the file that was registered" in found.problem
