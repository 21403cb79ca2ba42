"""Cutting the times of a session into activities; the baseline sorts the same times."""

import os
import random
import time
from datetime import UTC, datetime, timedelta

from report import report

from lims.harvest.clustering import cut

SIZE = int(os.environ.get("LIMS_BENCH_SIZE", "10000"))
GOAL_S = 0.1
ROUNDS = 20


def moments() -> list[datetime]:
    """Bursts of some hundred files, as a week of tilt series and maps has them. Seeded."""
    dice, at, listed = random.Random(4), datetime(2018, 11, 13, tzinfo=UTC), []
    while len(listed) < SIZE:
        pace_s = dice.choice((2, 5, 60, 600))
        for _ in range(dice.randint(10, 400)):
            at += timedelta(seconds=pace_s * dice.uniform(0.7, 1.3))
            listed.append(at)
        at += timedelta(minutes=dice.uniform(20, 300))
    return listed[:SIZE]


def cpu_s(what: object, times: list[datetime]) -> float:
    begin = time.process_time()
    for _ in range(ROUNDS):
        what(times)  # type: ignore[operator]
    return (time.process_time() - begin) / ROUNDS


def main() -> bool:
    times = moments()
    shuffled = random.Random(5).sample(times, len(times))
    return report(
        f"cut {SIZE} times into {len(cut(times))} activities, CPU", cpu_s(cut, times), "s", goal=GOAL_S,
        baseline=cpu_s(sorted, shuffled),
    )


if __name__ == "__main__":
    raise SystemExit(not main())
