"""What is tried again: failures of other versions of the readers; now and then, files that could not be read at all."""

import hashlib
from datetime import UTC, datetime, timedelta

from lims.catalog import View
from lims.model import Step
from lims.plugins import extractors

LONGEST = 10
"""Each pause is twice as long as the last, from 2 minutes to 17 hours."""


def readers_now() -> tuple[frozenset[str], str]:
    """(every reader with its version, one word for all of them together)."""
    versions = frozenset(f"{one.name} {one.version}" for one in extractors())
    word = hashlib.sha256("\n".join(sorted(versions)).encode()).hexdigest()[:8]
    return versions, f"readers {word}"


def worth_another_try(view: View, *, retry: bool) -> dict[str, int]:
    """{dataset: attempts so far} of failed steps that may end otherwise this time.

    retry: a person asks, so files that could not be read at all are read now.
    """
    failed = view.failed_steps()
    if not failed:
        return {}
    versions, together = readers_now()
    return {step.dataset: step.attempt for step in failed if may_end_otherwise(step, versions, together, retry=retry)}


def may_end_otherwise(step: Step, versions: frozenset[str], together: str, *, retry: bool) -> bool:
    if step.version:
        return step.version not in versions and step.version != together
    return retry or is_due(step)


def is_due(step: Step) -> bool:
    """Whether a file that could not be read at all has waited: a share may be back, a bad disk must not be a loop."""
    pause = timedelta(minutes=2 ** min(step.attempt, LONGEST))
    return step.at is None or datetime.now(UTC) - step.at >= pause
