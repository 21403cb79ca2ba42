"""Files that one child reads one after the other: each line that keeps them apart, alone."""

import os
from pathlib import Path

import pytest

from lims.extractors import Job, Limits
from lims.extractors.extract import extract_file
from lims.extractors.fence.landlock import kernel_version
from lims.model import Extraction
from tests.extractors.one_child import answered


@pytest.fixture(params=["kernel and interpreter", "interpreter alone"])
def limits(request: pytest.FixtureRequest) -> Limits:
    return Limits(asks_kernel=request.param == "kernel and interpreter")


class Curious:
    """An extractor that says what it gets of each of some files, or what it hears instead."""

    name, version, formats = "curious", "1", ("curious",)

    def __init__(self, *places: Path) -> None:
        self.places = places

    def sniff(self, head: bytes, name: str) -> bool:
        return True

    def extract(self, path: Path, companions: object) -> Extraction:
        return Extraction("curious", self.name, self.version, metadata={one.name: got(one) for one in self.places})


def got(place: Path) -> str:
    """Past Python: what only the kernel can refuse, it does."""
    try:
        return os.fsdecode(os.read(os.open(place, os.O_RDONLY), 100))
    except OSError as error:
        return error.strerror or str(error)


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    files = [tmp_path / f"{name}.bin" for name in ("first", "second", "beside")]
    for file in files:
        file.write_text(file.stem)
    return files


def seen_in_one_child(files: list[Path], limits: Limits) -> list[dict[str, str]]:
    """What the readers of the first two see of all three."""
    jobs = [Job(file) for file in files[:2]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lims.extractors.extract.asked", lambda: (Curious(*files),))
        reads = [lambda job=job: extract_file(job.path) for job in jobs]
        told, _ = answered(reads, limits, jobs)
    return [dict(one.extraction.metadata) for one in told if one.extraction]


SEEN = [
    {"first.bin": "first", "second.bin": "", "beside.bin": ""},
    {"first.bin": "", "second.bin": "second", "beside.bin": ""},
]


def test_files_that_one_child_reads_do_not_see_each_other(limits: Limits, three: list[Path]) -> None:
    refused = "it refers to another file"
    assert seen_in_one_child(three, limits) == [
        {name: word or refused for name, word in one.items()} for one in SEEN
    ]


@pytest.mark.skipif(kernel_version() == 0, reason="optional: this kernel has no Landlock")
def test_the_kernel_alone_keeps_files_of_one_child_apart(three: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.addaudithook", lambda hook: None)
    bare = [dict.fromkeys(one, "") | {name: name.partition(".")[0] for name in one} for one in SEEN]
    assert seen_in_one_child(three, Limits(asks_kernel=False)) == bare  # so the bait is a bait
    refused = "Permission denied"
    assert seen_in_one_child(three, Limits()) == [{name: word or refused for name, word in one.items()} for one in SEEN]


@pytest.mark.skipif(kernel_version() == 0, reason="optional: this kernel has no Landlock")
def test_a_child_as_a_whole_sees_no_more_than_its_files(three: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where no fence is closed around one of them."""
    monkeypatch.setattr("lims.extractors.child.arm", lambda *ignored: None)
    seen = {"first.bin": "first", "second.bin": "second", "beside.bin": "Permission denied"}
    assert seen_in_one_child(three, Limits()) == [seen, seen]


@pytest.mark.skipif(kernel_version() == 0, reason="optional: this kernel has no Landlock")
def test_where_not_all_can_be_fenced_in_the_first_is_read_alone(
    three: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*ignored: object) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr("lims.extractors.child.enclose_all", fail)
    (seen,) = seen_in_one_child(three, Limits())
    assert seen["first.bin"] == "first"
