"""What somebody hears who is not staff: of their own session, and of nothing else."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from lims.alerts import Alerts
from lims.errors import Invalid, Unavailable
from lims.facility.desk import Desk
from lims.facility.operations.attention import attention
from lims.facility.operations.harvest import harvest, harvest_status
from lims.harvest import HarvestReport
from lims.harvest.finding import Found
from lims.harvest.settling import Growing, Settling
from lims.model import Principal
from tests.harvest.conftest import ADA, BOB, END, MINUTE, START, Lab, open_lab

STAFF = Principal("m.keller", is_staff=True)
SECRET = "unpublished"


@dataclass
class Counter:
    """Those parts of a desk that the harvest works with."""

    lab: Lab

    @property
    def alerts(self) -> Any:
        return Alerts(self.lab.catalog, self.settings)

    @property
    def catalog(self) -> Any:
        return self.lab.catalog

    @property
    def harvester(self) -> Any:
        return self.lab.harvester

    @property
    def settings(self) -> Any:
        return self.lab.harvester.settings


class AlwaysGrowing(Settling):
    def growing(self, found: Found, *_: object, **__: object) -> Growing | None:  # type: ignore[override]
        return Growing(found.key, "titan", found.bytes, 0.0, START, "it is being written")


def desk(lab: Lab) -> Desk:
    return cast(Desk, Counter(lab))


def counts(report: HarvestReport) -> tuple[int, ...]:
    return (report.seen, report.registered, report.changed, report.moved, report.missing, report.extracted)


def test_a_report_counts_the_files_of_its_own_session_only(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt", "mine\n")
    lab.put("Titan_TEM/kept.txt", "mine, too\n")
    lab.put(f"Titan_TEM/{SECRET}.txt", "of Bob\n", START - 10 * MINUTE)
    lab.put("Titan_TEM/late.txt", "of nobody\n", END + MINUTE)
    lab.session(BOB, at=START - 60 * MINUTE, end=START)
    session = lab.session()
    assert counts(harvest(desk(lab), ADA, session=session.id)) == (2, 2, 0, 0, 0, 2)
    lab.put("Titan_TEM/a.txt", "mine again\n")
    lab.put(f"Titan_TEM/{SECRET}.txt", "of Bob again\n", START - 10 * MINUTE)
    (lab.store / "Titan_TEM/kept.txt").unlink()
    (lab.store / "Titan_TEM/late.txt").unlink()
    assert counts(harvest(desk(lab), ADA, session=session.id)) == (1, 0, 1, 0, 1, 1)


def test_staff_hear_of_everything_that_the_pass_has_looked_at(lab: Lab) -> None:
    lab.put("Titan_TEM/a.txt")
    lab.put(f"Titan_TEM/{SECRET}.txt", "of Bob\n", START - 10 * MINUTE)
    session = lab.session()
    assert counts(harvest(desk(lab), STAFF, session=session.id)) == (2, 2, 0, 0, 0, 2)


def test_a_folder_that_cannot_be_listed_is_named_to_staff_only(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.put("Titan_TEM/a.txt")
    session = lab.session()
    store = lab.harvester.tools.stores["raw"]
    look = store.look

    def partly(prefix: str = "") -> Any:
        dark = tuple((f"{prefix}{SECRET}-{number}", "permission denied") for number in (1, 2))
        return replace(look(prefix), unreadable=dark)

    monkeypatch.setattr(store, "look", partly)
    (sentence,) = harvest(desk(lab), ADA, session=session.id).unavailable
    assert SECRET not in sentence
    assert SECRET in str(harvest(desk(lab), STAFF, session=session.id).unavailable)
    status = harvest_status(desk(lab), ADA)
    assert status["unavailable"] == [sentence]
    assert SECRET in str(harvest_status(desk(lab), STAFF)["unavailable"])


def test_a_store_that_is_gone_is_named_to_staff_only(lab: Lab) -> None:
    session = lab.session()
    lab.store.rename(lab.folder / "unmounted")
    with pytest.raises(Unavailable) as refused:
        harvest(desk(lab), ADA, session=session.id)
    assert str(lab.folder) not in f"{refused.value} {refused.value.hint}"
    with pytest.raises(Unavailable, match=str(lab.folder)):
        harvest(desk(lab), STAFF, session=session.id)


def test_a_file_of_another_session_that_grows_is_named_to_staff_only(lab: Lab) -> None:
    lab.put(f"Titan_TEM/{SECRET}.txt", "of Bob\n", START - 10 * MINUTE)
    lab.session(BOB, at=START - 60 * MINUTE, end=START)
    session = lab.session()
    lab.harvest()
    lab.put(f"Titan_TEM/{SECRET}.txt", "of Bob, longer\n", START + MINUTE)
    lab.put("Titan_TEM/mine.txt", "growing\n", START + MINUTE)
    lab.harvester.tools.settling = AlwaysGrowing(0.2)
    assert harvest(desk(lab), ADA, session=session.id).waiting == ("Titan_TEM/mine.txt",)
    assert len(harvest(desk(lab), STAFF, session=session.id).waiting) == 2


def test_a_new_file_that_grows_in_another_persons_folder_is_named_to_staff_only(lab: Lab) -> None:
    toml = lab.folder / "facility.toml"
    shared = 'prefix = "FIB-2/"\noverlapping = true\nuser_folder = "{user}"'
    toml.write_text(toml.read_text().replace('prefix = "FIB-2/"', shared))
    lab = open_lab(lab.folder, lab.harvester.tools.pool, lab.folder / "extensions", lab.catalog)
    lab.session(BOB, instrument="fib")
    session = lab.session(instrument="fib")
    for name in ("ada/mine.txt", f"bob/{SECRET}.txt", f"{SECRET}.txt"):
        lab.put(f"FIB-2/{name}", "growing\n", START + MINUTE)
    lab.harvester.tools.settling = AlwaysGrowing(0.2)
    assert harvest(desk(lab), ADA, session=session.id).waiting == ("FIB-2/ada/mine.txt",)
    assert len(harvest(desk(lab), STAFF, session=session.id).waiting) == 3


def test_the_status_says_nothing_of_others(lab: Lab) -> None:
    state = {"trouble": f"{SECRET}: no", "unavailable": [SECRET], "doing": SECRET, "waiting": [SECRET]}
    lab.harvester._state |= state
    lab.harvester.background.backlog = 7
    status = harvest_status(desk(lab), ADA)
    assert SECRET not in str(status)
    assert status["backlog"] == 0
    assert harvest_status(desk(lab), STAFF)["backlog"] == 7


def test_a_folder_that_is_not_there_is_a_thing_to_settle_for_staff_and_for_whoever_waits_for_it(lab: Lab) -> None:
    (lab.store / "Titan_TEM").rmdir()
    lab.session()
    lab.harvest()
    (item,) = attention(desk(lab), STAFF)
    assert (item.kind, item.thing, item.title) == ("unavailable", "titan", "Titan TEM")
    assert "Titan_TEM" in item.reason
    assert all((item.at, item.hint))
    (own,) = attention(desk(lab), ADA)
    assert (own.kind, own.thing) == ("unavailable", "titan")
    assert "Titan_TEM" not in own.reason
    assert attention(desk(lab), BOB) == []
    (lab.store / "Titan_TEM").mkdir()
    lab.harvest()
    assert attention(desk(lab), STAFF) == []


def test_files_of_others_that_grow_or_are_left_out_are_not_told(lab: Lab) -> None:
    lab.put(f"Titan_TEM/{SECRET}.txt", "growing\n", datetime.now(UTC))
    lab.put("Titan_TEM/Thumbs.db")
    lab.harvester.tools.settling.settle_s = 60
    session = lab.session()
    report = harvest(desk(lab), ADA, session=session.id)
    assert (report.ignored, report.junk, report.unclaimed) == (0, 0, 0)
    status = harvest_status(desk(lab), ADA)
    assert (status["growing"], status["junk"], status["found_by"]) == ([], 0, {})
    assert harvest_status(desk(lab), STAFF)["growing"][0]["key"] == f"Titan_TEM/{SECRET}.txt"
    assert harvest_status(desk(lab), STAFF)["junk"] == 1


def test_only_staff_have_more_files_read_at_the_same_time_than_is_usual(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int | None] = []
    crew = lab.harvester.crew
    monkeypatch.setattr(lab.harvester, "crew", lambda workers: [asked.append(workers), crew(workers)][1])
    session = lab.session()
    for who, workers in ((ADA, None), (ADA, 1), (ADA, 64), (STAFF, 64)):
        harvest(desk(lab), who, session=session.id, workers=workers)
    assert asked == [None, 1, 2, 64]
    for nonsense in (0, 65):
        with pytest.raises(Invalid, match="From 1 to 64"):
            harvest(desk(lab), STAFF, session=session.id, workers=nonsense)
