"""Whatever is wrong with a file costs that file alone: a sentence, within its limits, and no traces."""

import dataclasses
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lims.extractors import Limits, Outcome, Pool, PreviewTarget
from lims.extractors.child import GRACE_S
from tests.extractors.mutants import Mutant, mutants

LIMITS = Limits(cpu_s=5, wall_s=30)
OVERSHOOT_BYTES = 256 << 20
"""A child is looked at ten times a second, and grows meanwhile."""
AT_ONCE = 2
PLACES = re.compile(r"/(tmp|root|home|usr|work|var|opt)/|site-packages|lims-readers-")
"""What would tell where this program lives, or whose files it reads."""


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool(LIMITS) as pool:
        yield pool


@pytest.mark.timeout(240)
def test_200_damaged_files_cost_nothing_but_themselves(pool: Pool, sample_data: Path, tmp_path: Path) -> None:
    survive(pool, mutants(sample_data / "vendor", tmp_path, 200, seed=1))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_2000_more(pool: Pool, sample_data: Path, tmp_path: Path) -> None:
    ends = survive(pool, mutants(sample_data / "vendor", tmp_path, 2000, seed=2))
    assert ends["read"] > 500  # so the damage is not so great that nothing would be tried
    assert ends["reason"] > 500


def survive(pool: Pool, damaged: Iterator[Mutant]) -> dict[str, int]:
    """Read all of them by one fork server; how many came to which end."""
    first = next(damaged)
    ends = Counter([checked(pool, first)])
    server = pool.server
    with ThreadPoolExecutor(AT_ONCE) as threads:
        ends += Counter(threads.map(lambda mutant: checked(pool, mutant), damaged))
    assert pool.server is server, "the fork server died"
    assert list(Path(pool.folder).iterdir()) == []
    return dict(ends)


def checked(pool: Pool, mutant: Mutant) -> str:
    """Read one and look at what is left; says how it ended."""
    target = PreviewTarget(mutant.path.parent / "out/large.webp", mutant.path.parent / "out/thumb.webp")
    outcome = pool.run(mutant.path, mutant.companions, preview=target)
    pictures = sorted(file.name for file in target.large.parent.iterdir())
    assert pictures == (["large.webp", "thumb.webp"] if outcome.preview_size else []), mutant.how
    assert not list(Path.cwd().glob("core*")), mutant.how
    assert within_limits(outcome), (mutant.how, outcome.cost)
    assert outcome.extraction is not None or outcome.failed, mutant.how
    assert all(failure.reason for failure in outcome.failed), mutant.how
    told = [failure.reason for failure in outcome.failed]
    told += outcome.extraction.warnings if outcome.extraction else []
    assert not any(PLACES.search(words) for words in told), (mutant.how, told)
    assert pool.folder not in json.dumps(dataclasses.asdict(outcome), allow_nan=False), mutant.how
    shutil.rmtree(folder_of(mutant))
    return end(outcome)


def folder_of(mutant: Mutant) -> Path:
    return next(parent for parent in mutant.path.parents if re.fullmatch(r"\d{5}", parent.name))


def within_limits(outcome: Outcome) -> bool:
    cost = outcome.cost
    if cost is None:
        return False
    return cost.cpu_s <= LIMITS.cpu_s + GRACE_S and cost.rss_bytes <= LIMITS.rss_bytes + OVERSHOOT_BYTES


def end(outcome: Outcome) -> str:
    """read, reason (a sentence of the reader), crash or stopped."""
    words = " ".join(failure.reason for failure in outcome.failed)
    if "the reader crashed" in words or "the reader was killed" in words or "ended the process" in words:
        return "crash"
    if "it was stopped" in words or "it needs more than" in words:
        return "stopped"
    return "reason" if outcome.failed else "read"
