from dataclasses import replace
from typing import Any

from lims.extractors import Outcome
from lims.harvest.keeping import keep
from lims.harvest.looking import Looking
from lims.harvest.reading import Done, Work, read
from lims.harvest.tally import Tally
from lims.model import SYSTEM, Extraction
from tests.harvest.conftest import MINUTE, START, Lab


def nested(depth: int) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for _ in range(depth):
        tree = {"deeper": tree}
    return tree


def test_an_extraction_that_the_catalog_cannot_hold_costs_its_own_file_only(lab: Lab) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        lab.put(f"Titan_TEM/{name}")
    lab.session()
    lab.harvest()
    spoilt = Extraction("odd", "odd", "7", metadata=nested(100_000))
    fine = replace(spoilt, metadata={"Voltage": 200})
    batch = [
        Done(Work(one), outcome=Outcome(spoilt if name == "b.txt" else fine)) for name, one in lab.datasets().items()
    ]
    kept = keep(lab.catalog, batch, lab.harvester.tools.all_grounds, "readers x")
    assert kept.extracted == {lab.datasets()[name].id for name in ("a.txt", "c.txt")}
    (failed,) = lab.catalog.view(SYSTEM).failed_steps()
    assert failed.dataset == lab.datasets()["b.txt"].id
    step = lab.steps("b.txt")["extract"]
    assert (step.state, step.version) == ("failed", "odd 7")
    assert step.reason.startswith("what was read cannot be kept")
    assert lab.catalog.view(SYSTEM).document(lab.datasets()["a.txt"].id) == {"Voltage": 200}


def test_both_halves_of_a_large_file_are_kept_from_one_batch(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt")
    lab.harvest()
    whole = lab.datasets()["a.txt"]
    new = replace(whole, status="registered", sha256=None)
    lab.catalog.write(lambda change: change.put(new, action="test"), by=SYSTEM)
    said = lab.catalog.view(SYSTEM).extraction(whole.id)
    halves = [
        Done(Work(new, do_hash=False), outcome=Outcome(said)),
        Done(Work(new, do_extract=False), hashes=(str(whole.sha256),)),
    ]
    kept = keep(lab.catalog, halves, lab.harvester.tools.all_grounds, "readers x")
    assert lab.datasets()["a.txt"] == whole
    assert kept.extracted == {whole.id}


def test_what_changed_while_it_was_read_is_not_kept(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt")
    lab.harvest()
    before = lab.datasets()["a.txt"]
    older = replace(before, bytes=before.bytes + 1)
    done = [Done(Work(older), hashes=("0" * 64,)), Done(Work(before), hashes=("0" * 64,), is_stale=True)]
    keep(lab.catalog, done, lab.harvester.tools.all_grounds, "readers x")
    assert lab.datasets()["a.txt"] == before


def test_a_late_file_is_in_its_finished_record_by_the_change_that_keeps_it(lab: Lab) -> None:
    """A kill right afterwards finds no record that counts other files than it has."""
    lab.put("Titan_TEM/a.txt")
    session = lab.session()
    lab.harvest()
    lab.put("Titan_TEM/late.txt", at=START + 5 * MINUTE)
    tools = lab.harvester.tools
    found = Looking(tools, lab.harvester.scope(None, None), Tally()).found()
    read_now = [read(Work(one), tools.stores["raw"], tools.pool, tools.previews) for one in found]
    kept = keep(lab.catalog, read_now, tools.all_grounds, "")
    record = lab.record(session)
    assert kept.records == {record.id}
    assert (record.state, record.datasets) == ("complete", 2)
    (activity,) = lab.activities(session)
    assert set(activity.datasets) == {one.id for one in lab.datasets().values()}
    assert [one.text for one in lab.catalog.view(SYSTEM).builds(record.id)][1:] == ["1 file came (late.txt)"]
