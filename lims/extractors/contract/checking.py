"""An extractor held to all promises."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lims.errors import PluginFailed
from lims.extractors.contract.promises import OF_EXTRACTORS, OF_SAMPLES, Sample
from lims.plugins import Extractor, NotMine, run


@dataclass(frozen=True)
class Verdict:
    """promise: in words. sample: a file's name, "" for a promise of the extractor itself. broken: "" where kept."""

    extractor: str
    promise: str
    sample: str
    broken: str


def check(extractor: Extractor, samples: Sequence[Sample]) -> Iterator[Verdict]:
    """One verdict after the other, as they are found."""
    for of_extractor in OF_EXTRACTORS:
        yield verdict(extractor, of_extractor, "", lambda promise=of_extractor: promise(extractor))  # type: ignore[misc]
    for sample in samples:
        for of_sample in OF_SAMPLES:
            yield verdict(
                extractor, of_sample, sample.path.name,
                lambda promise=of_sample, sample=sample: promise(extractor, sample),  # type: ignore[misc]
            )


def verdict(extractor: Extractor, promise: Callable[..., Any], sample: str, keep: Callable[[], None]) -> Verdict:
    """Whatever an extractor raises breaks the promise at hand, and costs no other."""
    words, broken = (promise.__doc__ or promise.__name__).partition("\n")[0], ""
    try:
        run(extractor, Path(sample), keep)
    except PluginFailed as error:
        broken = error.reason
    except NotMine:
        broken = "it says that its own sample is another's"
    return Verdict(extractor.name, words, sample, broken)
