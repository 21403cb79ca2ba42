"""One JSON object a line: what was measured, against what, and whether it is good enough."""

import json
import os
import resource
import subprocess
from collections.abc import Sequence


def report(
    name: str, value: float, unit: str, *, goal: float, baseline: float | None = None, ratio_goal: bool = False,
    at_least: bool = False,
) -> bool:
    """Print one figure. True when it is at most its goal; with `at_least`, when it is no less.

    With `ratio_goal` the goal is for value / baseline, else for the value.
    """
    ratio = value / baseline if baseline else None
    measured = ratio if ratio_goal and ratio is not None else value
    met = measured >= goal if at_least else measured <= goal
    print(
        json.dumps(
            {
                "name": name,
                "value": round(value, 4),
                "unit": unit,
                "baseline": None if baseline is None else round(baseline, 4),
                "ratio": None if ratio is None else round(ratio, 3),
                "goal": goal,
                "met": met,
            }
        ),
        flush=True,
    )
    return met


def cpu_seconds(command: Sequence[str], *, environment: dict[str, str] | None = None) -> float:
    """User and system CPU of one run of `command` with everything it starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
