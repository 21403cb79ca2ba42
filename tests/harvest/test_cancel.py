import threading

from lims.harvest import HarvestReport, Progress
from tests.harvest.conftest import MINUTE, START, Lab, until

FILES = 12


def fill(lab: Lab) -> None:
    for number in range(FILES):
        lab.put(f"Titan_TEM/{number:02}.txt", f"file {number}\n", START + (number + 1) * MINUTE)


def test_a_cancelled_harvest_keeps_what_it_read_and_says_what_is_left(lab: Lab) -> None:
    fill(lab)
    session = lab.session()

    def lose_patience(state: Progress) -> None:
        if state.done == 3:
            lab.harvester.cancel(ticket="mine")

    report = lab.harvest(workers=1, progress=lose_patience, ticket="mine")
    assert report.cancelled
    assert 3 <= report.extracted < FILES
    assert report.left == FILES - report.extracted
    assert report.registered == FILES
    assert lab.harvester.status()["pending"] == report.left
    assert (lab.record(session).state, lab.record(session).datasets) == ("building", report.extracted)
    rest = lab.harvest()
    assert (rest.cancelled, rest.left, rest.registered) == (False, 0, 0)
    assert rest.extracted == FILES - report.extracted
    assert (lab.record(session).state, lab.record(session).datasets) == ("complete", FILES)


def test_a_harvest_that_waits_for_its_turn_can_be_cancelled(lab: Lab) -> None:
    fill(lab)
    reports: list[HarvestReport] = []
    with lab.harvester._one_at_a_time:  # as a pass has it
        waits = threading.Thread(target=lambda: reports.append(lab.harvest(ticket="mine")))
        waits.start()
        until(lambda: lab.harvester.cancel(ticket="mine") == 1)
        waits.join(60)
    assert (reports[0].cancelled, reports[0].registered) == (True, 0)
    assert lab.harvest().registered == FILES


def test_another_persons_harvest_is_not_cancelled_by_ones_own_ticket(lab: Lab) -> None:
    fill(lab)
    heard: list[int] = []
    report = lab.harvest(progress=lambda _: heard.append(lab.harvester.cancel("bob", "mine")), ticket="mine")
    assert set(heard) == {0}
    assert (report.cancelled, report.extracted) == (False, FILES)


def test_a_closing_facility_ends_the_pass_and_that_is_no_cancel(lab: Lab) -> None:
    fill(lab)
    report = lab.harvest(workers=1, progress=lambda _: lab.harvester.tools.stop.set())
    assert not report.cancelled
    assert report.extracted < FILES
