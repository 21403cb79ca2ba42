"""Files that crash, hang or swell their reader cost one file each, and nothing of the session."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lims.extractors import Limits, Pool
from lims.harvest import HarvestReport
from lims.model import Session
from tests.extractors.mutants import endless
from tests.facilities import write_facility
from tests.harvest.conftest import MINUTE, START, Lab, open_lab

HARD = {
    "cut.bcf": ("bcf/test_TEM.bcf", 0.97),  # a segmentation fault in the reader
    "endless.elid": ("elid/Elid2Version4.elid", 1.0),  # made so that a number in it never ends
    "events.pts": ("jeol/Sample/00_View000/View000_0000006.pts", 1.0),  # 1.4 MB that grow to gigabytes
}
GOOD = {"whole.bcf": "bcf/16x16_12bit_packed_8bit.bcf", "other.bcf": "bcf/over16bit.bcf"}


@pytest.fixture(scope="module")
def evening(
    tmp_path_factory: pytest.TempPathFactory, extensions: Path, sample_data: Path
) -> Iterator[tuple[Lab, Session, HarvestReport]]:
    with Pool(Limits(cpu_s=8)) as pool:
        lab = open_lab(write_facility(tmp_path_factory.mktemp("hard") / "facility"), pool, extensions)
        for name, (source, share) in HARD.items():
            raw = (sample_data / "vendor" / source).read_bytes()
            lab.put(f"Titan_TEM/{name}", endless(raw) if name == "endless.elid" else raw[: int(len(raw) * share)])
        for name, source in GOOD.items():
            lab.put(f"Titan_TEM/{name}", sample_data / "vendor" / source, START + 2 * MINUTE)
        session = lab.session()
        yield lab, session, lab.harvest()
        lab.catalog.close()


def test_each_costs_one_file_and_says_why(evening: tuple[Lab, Session, HarvestReport]) -> None:
    lab, _, report = evening
    reasons = {failed.key.rpartition("/")[2]: failed.reason for failed in report.failed}
    assert set(reasons) <= set(HARD)
    assert {"cut.bcf", "endless.elid"} <= set(reasons)
    assert all(reason.strip() for reason in reasons.values())
    for name in GOOD:
        assert lab.datasets()[name].status == "extracted", name


def test_the_record_has_them_all_with_their_checksums(evening: tuple[Lab, Session, HarvestReport]) -> None:
    lab, session, report = evening
    record = lab.record(session)
    assert (record.state, record.datasets) == ("attention", len(HARD) + len(GOOD))
    assert record.failed == len({failed.dataset for failed in report.failed})
    assert all(one.sha256 for one in lab.datasets().values())


def test_they_are_not_read_again(evening: tuple[Lab, Session, HarvestReport]) -> None:
    lab, _, report = evening
    again = lab.harvest()
    assert (again.extracted, again.failed) == (0, report.failed)
    assert {lab.steps(name)["extract"].attempt for name in HARD} == {1}
