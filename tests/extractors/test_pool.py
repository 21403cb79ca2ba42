"""The pool on real files, some of which crash, hang or grow in the reader."""

import io
import os
import shutil
import sys
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from lims.errors import Unavailable
from lims.extractors import Job, Limits, Outcome, Pool, PreviewTarget
from lims.extractors.companions import group_companions
from lims.extractors.outcome import answers_in, to_json, written
from lims.extractors.pool import understood
from tests.extractors.mutants import endless

GOOD = "vendor/dm3/test_STEM_image.dm3"


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(Limits(cpu_s=2)) as pool:
        yield pool


def cut(source: Path, share: float, folder: Path) -> Path:
    path = folder / source.name
    path.write_bytes(source.read_bytes()[: int(source.stat().st_size * share)])
    return path


def hang(source: Path, folder: Path) -> Path:
    path = folder / source.name
    path.write_bytes(endless(source.read_bytes()))
    return path


def works(pool: Pool, sample_data: Path) -> bool:
    return pool.run(sample_data / GOOD).extraction is not None


def only_reason(outcome: Outcome) -> str:
    assert outcome.extraction is None
    (failure,) = outcome.failed
    return failure.reason


@pytest.mark.parametrize("name", ["test_TEM.bcf", "over16bit.bcf", "bcf_v2_50x50px.bcf", "bcf-edx-ebsd.bcf"])
def test_a_bcf_cut_to_97_percent_costs_one_failure(pool: Pool, sample_data: Path, tmp_path: Path, name: str) -> None:
    reason = only_reason(pool.run(cut(sample_data / "vendor/bcf" / name, 0.97, tmp_path)))
    assert reason.startswith("the file ends too early")
    assert works(pool, sample_data)


def test_an_elid_cut_to_80_percent_costs_one_failure(pool: Pool, sample_data: Path, tmp_path: Path) -> None:
    path = cut(sample_data / "vendor/elid/Elid2Version4.elid", 0.8, tmp_path)
    assert only_reason(pool.run(path)).startswith("the file ends too early")


def test_an_elid_with_a_number_without_end_hangs_and_is_stopped(
    pool: Pool, sample_data: Path, tmp_path: Path
) -> None:
    path = hang(sample_data / "vendor/elid/Elid2Version4.elid", tmp_path)
    assert only_reason(pool.run(path)) == "it was stopped after 2 s of computing"
    assert works(pool, sample_data)


def test_a_jeol_event_list_that_would_be_4_gib_costs_little(pool: Pool, sample_data: Path, tmp_path: Path) -> None:
    path = shutil.copy(sample_data / "vendor/jeol/Sample/00_View000/View000_0000006.pts", tmp_path / "events.pts")
    outcome = pool.run(path, preview=PreviewTarget(tmp_path / "x.webp"))
    assert (outcome.failed, outcome.preview_size) == ((), (512, 512))
    assert outcome.cost is not None
    assert outcome.cost.cpu_s < 1
    assert outcome.cost.rss_bytes < 512 << 20


def test_a_missing_and_an_unreadable_file_are_failures(pool: Pool, sample_data: Path, tmp_path: Path) -> None:
    assert "cannot be opened" in only_reason(pool.run(tmp_path / "gone.dm3"))


def test_pictures_are_written_and_a_blank_one_is_not(pool: Pool, sample_data: Path, tmp_path: Path) -> None:
    target = PreviewTarget(tmp_path / "a.webp", tmp_path / "a.t.webp")
    outcome = pool.run(sample_data / GOOD, preview=target)
    assert (outcome.preview_size, outcome.blank, outcome.failed) == ((204, 204), "", ())
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.t.webp", "a.webp"]
    zeroed = sample_data / "store/Titan_TEM/researcher_a/project_alpha/20181113/image_001.dm3"
    outcome = pool.run(zeroed, preview=PreviewTarget(tmp_path / "b.webp"))
    assert (outcome.preview_size, outcome.blank, outcome.failed) == (None, "99.9 % zero", ())
    assert not (tmp_path / "b.webp").exists()


def test_odd_names_travel_unharmed(pool: Pool, sample_data: Path, tmp_path: Path) -> None:
    name = "a & <b> \"c\" 'd' 100 %\nü視.dm3"
    outcome = pool.run(shutil.copy(sample_data / GOOD, tmp_path / name))
    assert outcome.extraction is not None


def test_many_threads_get_each_their_own_answer(pool: Pool, sample_data: Path) -> None:
    names = [
        "vendor/dm3/test_STEM_image.dm3",
        "vendor/ser_emi/16_STOimage_1.ser",
        "vendor/text/text_preview_test_paragraph.txt",
    ]
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda name: pool.run(sample_data / name), names * 6))
    formats = [outcome.extraction.format for outcome in outcomes if outcome.extraction]
    assert formats == ["dm3", "ser", "text"] * 6


def jobs_of(sample_data: Path, pictures: Path) -> list[Job]:
    """The smaller files of every vendor, with what belongs to them."""
    found = []
    for folder in sorted(path for path in (sample_data / "vendor").iterdir() if path.is_dir()):
        sizes = {path.name: path.stat().st_size for path in folder.iterdir() if path.is_file()}
        groups = [group for group in group_companions(list(sizes)) if sizes[group.main] < 1 << 20]
        for group in groups[:2]:
            target = PreviewTarget(pictures / f"{len(found)}.webp", pictures / f"{len(found)}.t.webp")
            found.append(Job(folder / group.main, tuple(folder / name for name in group.companions), target))
    return found


def told(outcome: Outcome) -> bytes:
    return to_json(replace(outcome, cost=None))


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files are asked of each child."""
    asked: list[int] = []
    attempt = Pool.attempt

    def noted(self: Pool, jobs: Sequence[Job]) -> Generator[Outcome, None, None]:
        asked.append(len(jobs))
        return attempt(self, jobs)

    monkeypatch.setattr(Pool, "attempt", noted)
    return asked


def test_what_is_said_of_a_file_does_not_depend_on_those_read_before_it(
    pool: Pool, sample_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    together, alone = jobs_of(sample_data, tmp_path / "together"), jobs_of(sample_data, tmp_path / "alone")
    assert len(together) > 40
    children = counted(monkeypatch)
    for one, job, other in zip(pool.read_all(together), together, alone, strict=True):
        assert told(one) == told(pool.run(other.path, other.companions, preview=other.preview)), job.path.name
        assert job.preview
        assert other.preview
        for picture, expected in zip(job.preview.pictures, other.preview.pictures, strict=True):
            assert picture.exists() == expected.exists()
            assert not picture.exists() or picture.read_bytes() == expected.read_bytes()
    assert sum(number > 1 for number in children) < 12  # and each of them has read several


def test_a_file_with_which_a_child_ends_costs_the_others_nothing(
    pool: Pool, sample_data: Path, tmp_path: Path
) -> None:
    hanging = hang(sample_data / "vendor/elid/Elid2Version4.elid", tmp_path)
    broken = cut(sample_data / "vendor/bcf/test_TEM.bcf", 0.97, tmp_path)
    paths = [sample_data / GOOD, broken, sample_data / GOOD, hanging, hanging, sample_data / GOOD]
    outcomes = list(pool.read_all([Job(path) for path in paths]))
    assert [outcome.extraction is not None for outcome in outcomes] == [True, False, True, False, False, True]
    assert only_reason(outcomes[1]).startswith("the file ends too early")
    assert {only_reason(outcomes[n]) for n in (3, 4)} == {"it was stopped after 2 s of computing"}


def test_a_dataset_of_many_files_is_asked_for_while_other_children_end(
    pool: Pool, sample_data: Path, tmp_path: Path
) -> None:
    """What is asked is larger than what a socket holds, and each child's end interrupts the server."""
    text = tmp_path / "a.txt"
    text.write_text("hello\n")
    long = Path(*["x" * 200] * 6)
    absent = [tmp_path / f"{number:06}" / long for number in range(300)]
    with ThreadPoolExecutor(4) as threads:
        small = threads.map(lambda _: works(pool, sample_data), range(30))
        large = threads.map(lambda _: pool.run(text, absent).extraction is not None, range(4))
        assert [*small, *large] == [True] * 34


GOOD_ANSWER = to_json(Outcome(None, blank="it is fine"))


@pytest.mark.parametrize(
    "odd",
    [
        b"{",
        b"null",
        b"[1]",
        b'{"extraction": 1, "failed": [], "preview_size": null, "blank": "", "cost": null}',
        b'{"extraction": null, "failed": [{}], "preview_size": null, "blank": "", "cost": null}',
        b'{"extraction": null, "failed": [], "preview_size": [], "blank": "", "cost": null}',
        b"[" * 100_000,
        b"\xff",
    ],
    ids=repr,
)
def test_what_no_honest_child_says_is_not_listened_to_any_more(odd: bytes) -> None:
    said = io.BytesIO()
    for answer in (GOOD_ANSWER, odd, GOOD_ANSWER):
        written(answer, said)
    said.seek(0)
    assert [outcome.blank for outcome in understood(said, 3)] == ["it is fine"]


def test_no_child_says_more_than_it_was_asked_nor_more_than_anybody_reads() -> None:
    said = io.BytesIO()
    for _ in range(5):
        written(GOOD_ANSWER, said)
    said.seek(0)
    heard = list(understood(said, 2))
    assert [outcome.cost.answer_bytes for outcome in heard if outcome.cost] == [len(GOOD_ANSWER)] * 2
    assert list(answers_in(io.BytesIO(b"\xff" * 100))) == []
    assert list(answers_in(io.BytesIO(said.getvalue()[:-1]))) == [GOOD_ANSWER] * 4


def test_a_file_that_takes_over_its_child_costs_itself_and_no_pass(
    pool: Pool, sample_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one would that makes the child say nonsense for all that follow; here nobody understands the third answer."""
    heard = []

    def answers(file: io.BufferedReader) -> Iterator[bytes]:
        for answer in answers_in(file):
            heard.append(answer)
            yield b"nonsense" if len(heard) == 3 else answer

    monkeypatch.setattr("lims.extractors.pool.answers_in", answers)
    outcomes = list(pool.read_all([Job(sample_data / GOOD)] * 4))
    assert [outcome.extraction is not None for outcome in outcomes] == [True] * 4
    heard[:] = [b"", b""]
    assert "ended the process" in only_reason(pool.run(sample_data / GOOD))


def test_without_pipes_no_file_is_blamed(
    pool: Pool, sample_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left() -> tuple[int, int]:
        raise OSError(24, "Too many open files")

    assert works(pool, sample_data)
    with monkeypatch.context() as patch:
        patch.setattr("os.pipe", none_left)
        with pytest.raises(Unavailable, match="Too many open files"):
            pool.run(sample_data / GOOD)
    assert works(pool, sample_data)


def test_nothing_stays_open_of_readings_that_were_given_up(pool: Pool, sample_data: Path) -> None:
    assert works(pool, sample_data)
    before = psutil.Process().num_fds()
    for _ in range(5):
        outcomes = pool.read_all([Job(sample_data / GOOD)] * 3)
        next(outcomes)
        outcomes.close()
    assert psutil.Process().num_fds() == before


def test_a_fork_server_that_is_killed_in_the_middle_of_several_reads_the_rest_anew(
    sample_data: Path, tmp_path: Path
) -> None:
    with Pool() as pool:
        outcomes = pool.read_all([Job(sample_data / GOOD)] * 6)
        first = [next(outcomes), next(outcomes)]
        assert pool.server is not None
        pool.server.kill()
        rest = list(outcomes)
    assert len({told(one) for one in (*first, *rest)}) == 1
    assert len(rest) == 4


def test_who_stops_in_the_middle_leaves_no_child_behind(sample_data: Path) -> None:
    with Pool() as pool:
        outcomes = pool.read_all([Job(sample_data / GOOD)] * 200)
        assert next(outcomes).extraction is not None
        assert pool.server is not None
        server = psutil.Process(pool.server.pid)
        assert len(server.children()) == 1
        outcomes.close()
        deadline = time.monotonic() + 30
        while server.children() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert server.children() == []
        assert works(pool, sample_data)


def test_a_killed_fork_server_is_replaced_also_in_the_middle_of_a_job(
    pool: Pool, sample_data: Path, tmp_path: Path
) -> None:
    assert works(pool, sample_data)
    hanging = hang(sample_data / "vendor/elid/Elid2Version0.elid", tmp_path)
    assert pool.server is not None
    first, scratch = pool.server, pool.folder
    threading.Timer(0.5, first.kill).start()
    assert only_reason(pool.run(hanging)) == "it was stopped after 2 s of computing"
    assert pool.server is not first
    assert not Path(scratch).exists()
    assert works(pool, sample_data)


def larger_server(pool: Pool) -> psutil.Process:
    """The child of the fork server that stays: it has what few files need."""
    assert pool.server is not None
    (larger,) = psutil.Process(pool.server.pid).children()
    return larger


def test_what_few_files_need_is_loaded_in_a_larger_server(sample_data: Path, tmp_path: Path) -> None:
    with Pool() as pool:
        assert works(pool, sample_data)
        assert pool.server is not None
        small = psutil.Process(pool.server.pid)
        assert small.children() == []
        table = tmp_path / "table.CSV"
        table.write_text("time / s,temperature / K\n0,300\n1,310\n")
        assert pool.run(table).extraction is not None
        larger = larger_server(pool)
        assert not any(is_mapped(small, name) for name in ("numba", "pandas", "numcodecs", "scipy/sparse"))
        assert all(is_mapped(larger, name) for name in ("numba", "pandas", "numcodecs"))
        assert pool.run(sample_data / "vendor/emd_velox/Test SI 16x16 215 kx.emd").extraction is not None
        assert works(pool, sample_data)
        assert larger_server(pool) == larger
    assert not larger.is_running()


def is_mapped(process: psutil.Process, package: str) -> bool:
    return any(f"/{package}/" in mapped.path for mapped in process.memory_maps())


def test_a_killed_larger_server_is_replaced_also_in_the_middle_of_a_job(sample_data: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("".join(f"{number},{number}\n" for number in range(200_000)))
    with Pool() as pool:
        assert pool.run(table).extraction is not None
        first = larger_server(pool)
        with ThreadPoolExecutor(1) as threads:
            running = threads.submit(pool.run, table)
            while not first.children() and not running.done():
                time.sleep(0.001)
            (child,) = first.children()
            first.kill()
            assert running.result().extraction is not None
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
        assert larger_server(pool) != first
        assert works(pool, sample_data)


def test_a_closed_pool_says_so_and_leaves_no_process_and_no_folder(
    sample_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    pool = Pool()
    assert works(pool, sample_data)
    assert pool.server is not None
    server = psutil.Process(pool.server.pid)
    pool.close()
    assert not server.is_running()
    assert pool.folder == ""
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Unavailable):
        pool.run(sample_data / GOOD)


def test_nothing_lives_on_when_the_process_that_asked_is_killed(sample_data: Path, tmp_path: Path) -> None:
    hanging = hang(sample_data / "vendor/elid/Elid2Version0.elid", tmp_path)
    code = f"from pathlib import Path; from lims.extractors import Pool; Pool().run(Path({str(hanging)!r}))"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    asking = psutil.Popen([sys.executable, "-c", code], env=os.environ | {"TMPDIR": str(scratch)})
    deadline = time.monotonic() + 30
    while len(family := asking.children(recursive=True)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(family) == 2  # the fork server and the child that hangs
    asking.kill()
    asking.wait()
    gone, alive = psutil.wait_procs(family, timeout=10)
    assert (len(gone), alive) == (2, [])
    assert list(scratch.iterdir()) == []
