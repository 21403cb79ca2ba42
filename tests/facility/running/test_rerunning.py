"""Results whose inputs have changed or are marked bad are stale; running anew brings them up to date, the old stay."""

import hashlib
from dataclasses import dataclass

import pytest

from lims.errors import NotFound
from lims.facility.origins import RunView
from lims.facility.running import How, run_notebook
from lims.facility.running.branches import branch_of
from lims.facility.running.replaying import replay
from lims.facility.running.rerunning import rerun
from lims.provenance.declaration import find_notebook
from tests.facility.running.people import People, said, write_image

FIRST = "import sys\nopen('first.txt', 'w').write(str(sum(open(sys.argv[1], 'rb').read())))"
SECOND = "open('second.txt', 'w').write('<' + open('first.txt').read() + '>')"


@dataclass(frozen=True)
class Chain:
    eve: str
    first: RunView
    second: RunView
    desktop: str

    @property
    def results(self) -> list[str]:
        return [self.first.outputs[0].id, self.second.outputs[0].id, self.desktop]


@pytest.fixture(scope="module")
def chain(at: People, script, tmp_path_factory) -> Chain:
    """Eve, a script that reads her, one that reads what that wrote, and a step on a desktop after it."""
    folder = tmp_path_factory.mktemp("chain")
    eve = at.arrive(write_image(at.raw / "eve.tif"))
    first = script(folder, FIRST, str(at.raw / "eve.tif"), name="first.py")
    second = script(folder, SECOND, name="second.py")
    made = write_image(folder / "painted.tif", 5)
    parents = [second.outputs[0].id]
    desktop = at.xenia.facility.import_derived(made, parents=parents, relation="paint", software="Gimp 3")
    return Chain(eve, first, second, desktop.id)


def stale(at: People, chain: Chain) -> list[str]:
    nodes = {one.id: one for one in at.xenia.facility.lineage(chain.eve, "descendants").nodes}
    return [nodes[one].stale for one in chain.results]


def test_a_branch_is_run_in_the_order_of_who_needs_what(at, chain):
    runs = [chain.first.run, chain.second.run]
    assert branch_of(at.xenia.facility, chain.results[1], "upstream") == runs
    assert branch_of(at.xenia.facility, chain.first.run, "downstream")[:2] == runs
    with pytest.raises(NotFound, match="No run is known"):
        branch_of(at.xenia.facility, chain.eve, None)


def test_what_rests_on_a_bad_file_is_stale_until_it_is_good_again(at, chain):
    assert stale(at, chain) == ["", "", ""]
    at.staff.facility.mark_bad(chain.eve, "the stage drifted")
    assert all(stale(at, chain))
    node = next(one for one in at.xenia.facility.lineage(chain.results[0]).nodes if one.id == chain.eve)
    assert node.bad == f"{at.staff.name}: the stage drifted"
    at.staff.facility.unsettle(chain.eve, "bad")
    assert stale(at, chain) == ["", "", ""]


def test_after_a_new_version_of_the_raw_file_what_followed_is_run_anew_and_the_old_stays(at, chain):
    write_image(at.raw / "eve.tif", 9)
    at.local.harvest(all=True)
    assert all(stale(at, chain))

    code, told = said("--facility", at.xenia.address, "rerun", chain.eve, "--downstream", "--json")
    assert [one["run"] for one in told][:2] == [chain.first.run, chain.second.run]
    assert [one["problem"] for one in told][:2] == ["", ""]
    assert told[2]["by"] is None
    assert "do it again there" in told[2]["problem"]
    assert code == 1, "not all could be brought up to date"

    facility = at.xenia.facility
    for old, one in zip((chain.first, chain.second), told, strict=False):
        new = facility.run(one["by"])
        assert new.details.replaces == old.run
        assert facility.run(old.run).replaced_by == new.run
        assert new.outputs[0].sha256 != old.outputs[0].sha256
        assert facility.dataset(old.outputs[0].id).sha256 == old.outputs[0].sha256, "the old result is there as it was"
        (node,) = [each for each in facility.lineage(new.outputs[0].id).nodes if each.id == new.outputs[0].id]
        assert node.stale == ""
    second = facility.run(told[1]["by"])
    assert [one.id for one in second.inputs] == [facility.run(told[0]["by"]).outputs[0].id]
    raw = (at.raw / "eve.tif").read_bytes()
    assert second.outputs[0].sha256 == hashlib.sha256(f"<{sum(raw)}>".encode()).hexdigest()


def test_an_old_step_is_replayed_on_what_it_read_then_though_another_file_lies_there_now(at, chain):
    found = replay(at.xenia.facility, at.xenia.address, chain.second.run)
    assert (found.problem, found.reproduced) == ("", True)
    refused = replay(at.xenia.facility, at.xenia.address, chain.first.run)
    assert "another file than the one that was read" in refused.problem


def test_what_nobody_has_read_cannot_be_run_anew(at):
    unread = at.arrive(write_image(at.raw / "unread.tif", 4))
    with pytest.raises(NotFound, match="No run has read"):
        rerun(at.xenia.facility, at.xenia.address, unread, downstream=False)


def test_a_program_in_another_language_is_run_anew_with_what_was_declared_of_it(at, script, tmp_path):
    adam = at.arrive(write_image(at.raw / "adam.tif", 3))
    text = '#!/bin/sh\nwc -c < "$1" > size.txt\nhead -c 9 "$1" | tail -c 1 >> size.txt\n'
    declared = {"inputs": (adam,), "outputs": ("size.txt",)}
    run = script(tmp_path, text, str(at.raw / "adam.tif"), name="measure", **declared)
    (one,) = rerun(at.xenia.facility, at.xenia.address, run.run, downstream=False)
    assert one.problem == ""
    again = at.xenia.facility.run(str(one.by))
    assert [each.id for each in again.inputs] == [adam]
    assert [(each.name, each.source) for each in again.outputs] == [("size.txt", "declared")]
    assert again.doubts == ()


def test_a_notebook_is_run_anew_with_the_parameters_that_it_had(at, work):
    """Also with those it cannot run without."""
    dawn = at.arrive(write_image(at.raw / "dawn.tif", 6))
    facility, address = at.xenia.facility, at.xenia.address
    how = How(folder=work)
    run = run_notebook(facility, address, find_notebook("crop"), {"dataset": dawn, "width": "16", "height": "8"}, how)
    assert run.error == ""
    (one,) = rerun(facility, address, run.run, downstream=False)
    assert one.problem == ""
    assert facility.run(str(one.by)).parameters == run.parameters
    assert facility.run(str(one.by)).outputs[0].content_hash == run.outputs[0].content_hash
