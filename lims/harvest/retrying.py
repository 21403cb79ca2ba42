"""What is tried again: failures of other versions of the readers; when a person asks, files that would not open."""

import hashlib

from lims.catalog import View
from lims.model import Step
from lims.plugins import extractors


def readers_now() -> tuple[frozenset[str], str]:
    """(every reader with its version, one word for all of them together)."""
    versions = frozenset(f"{one.name} {one.version}" for one in extractors())
    word = hashlib.sha256("\n".join(sorted(versions)).encode()).hexdigest()[:8]
    return versions, f"readers {word}"


def worth_another_try(view: View, *, retry: bool) -> dict[str, int]:
    """{dataset: attempts so far} of failed steps that may end otherwise this time.

    retry: a person asks, so files that could not be opened are opened again.
    """
    failed = view.failed_steps()
    if not failed:
        return {}
    versions, together = readers_now()
    return {step.dataset: step.attempt for step in failed if may_end_otherwise(step, versions, together, retry=retry)}


def may_end_otherwise(step: Step, versions: frozenset[str], together: str, *, retry: bool) -> bool:
    if step.step in ("extract", "preview"):
        return step.version not in versions and step.version != together
    return retry and step.step == "hash"
