"""python tests/formats_page.py SAMPLES DOCS/reference/formats.md: the page of formats, made by reading every sample.

A test makes it again and holds it against the page that is in the repository, so it tells the truth about today.
"""

import csv
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lims.extractors import Outcome, Pool
from lims.extractors.companions import Group, group_companions
from lims.model import Extraction
from lims.model.vocabulary import FIELDS

HEAD = """# Formats

What is read of which files. This page is made by `make formats`, which reads every sample file of the test data; it is
held against the program by a test. Nothing in it is promised: it was read.

A format is recognised by its bytes, not by its name. Every other file is a dataset too: registered, hashed, and typed
by its content as far as that goes.

*Read* counts the samples that were read out of those there are; some are damaged on purpose. *Signals* are what opens
in HyperSpy. The dots say which of the most asked for fields of the [vocabulary](query.md) at least one sample fills;
*more* counts the other ones.
"""
NOT_READ = """
## Not read, and why

Samples that gave no signal and no text, with the reason that a person sees.
"""
ORIGINS = """
## Where the samples come from

The samples are test data and no part of jupyter-lims. They were published by these projects, under these licences:
"""
ASKED = {
    "acceleration_voltage": "kV",
    "magnification": "mag",
    "camera_length": "CL",
    "working_distance": "WD",
    "pixel_size_x": "pixel",
    "start_time": "start",
    "operator": "who",
    "instrument_name": "microscope",
    "detector_name": "detector",
    "exposure_time": "exposure",
    "dwell_time": "dwell",
    "stage_x": "stage",
    "tilt_alpha": "tilt",
    "sample_id": "sample",
}
MEASURED = {"signal_type", "shape", "dtype", "title"}
SHOWN = 4
PROJECTS = {
    "hs165": "HyperSpy 1.6.5",
    "nexuslims280": "NexusLIMS 2.8.0",
    "nexuslims 2.8.0 source distribution": "NexusLIMS 2.8.0",
    "generated": "made for this test data",
}
"""Publishers whose name in the manifest is short."""


@dataclass(frozen=True)
class Sample:
    """One dataset of the sample data, and what came of reading it. folder: what its publisher calls its format."""

    main: str
    companions: tuple[str, ...]
    outcome: Outcome

    @property
    def folder(self) -> str:
        return self.main.partition("/")[0]

    @property
    def found(self) -> Extraction | None:
        return self.outcome.extraction


def survey(vendor: Path, pool: Pool) -> list[Sample]:
    """Read every dataset below a folder, each in a child."""
    keys = sorted(str(file.relative_to(vendor)) for file in vendor.rglob("*") if file.is_file())
    return [read(vendor, group, pool) for group in group_companions(keys)]


def read(vendor: Path, group: Group, pool: Pool) -> Sample:
    outcome = pool.run(vendor / group.main, [vendor / key for key in group.companions])
    return Sample(group.main, group.companions, outcome)


def page(samples: Sequence[Sample], manifest: Path) -> str:
    formats: dict[str, list[Sample]] = defaultdict(list)
    for one in samples:
        formats[one.found.format if one.found else f"({one.folder})"].append(one)
    heads = ("Format", "Endings", "Read by", "Read", "Signals", *ASKED.values(), "more")
    table = [row(name, formats[name]) for name in sorted(formats)]
    parts = [HEAD, *markdown(heads, table), NOT_READ, *not_read(samples), ORIGINS, *origins(manifest)]
    return "\n".join(parts) + "\n"


def row(name: str, samples: Sequence[Sample]) -> list[str]:
    found = [one.found for one in samples if one.found]
    fields = {field for one in found for field in one.normalised}
    endings = sorted({"." + one.main.rpartition(".")[2].lower() for one in samples if "." in one.main})
    readers = sorted({one.extractor for one in found})
    dots = ["●" if field in fields else "" for field in ASKED]
    more = sorted(fields - ASKED.keys() - MEASURED, key=list(FIELDS).index)
    return [
        f"`{name}`", " ".join(endings), ", ".join(readers), f"{len(found)} of {len(samples)}", signals_in(found), *dots,
        str(len(more) or ""),
    ]  # fmt: skip


def signals_in(found: Iterable[Extraction]) -> str:
    kinds = dict.fromkeys(f"{s.signal_type or 'signal'} {len(s.shape)}-D" for one in found for s in one.signals)
    shown = list(kinds)[:SHOWN]
    return ", ".join(shown) + (" …" if len(kinds) > SHOWN else "")


def not_read(samples: Sequence[Sample]) -> Iterator[str]:
    rows = [
        [f"`{one.main}`", reason]
        for one in samples
        if (reason := "; ".join(failure.reason for failure in one.outcome.failed))
    ]
    yield from markdown(("Sample", "Reason"), rows) if rows else ["None."]


def origins(manifest: Path) -> Iterator[str]:
    """Projects and licences as the publishers state them, by format of the sample."""
    listed: dict[tuple[str, str], set[str]] = defaultdict(set)
    with manifest.open(encoding="utf-8", newline="") as file:
        for one in csv.DictReader(file):
            if one["path"].startswith("vendor/"):
                named = one["source"].partition("/")[0]
                project = PROJECTS.get(named, named.replace("+", "/"))
                listed[project, one["licence"]].add(one["path"].split("/")[1])
    rows = [[project, licence, ", ".join(sorted(kinds))] for (project, licence), kinds in sorted(listed.items())]
    yield from markdown(("Published by", "Licence", "Samples of"), rows)


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield ""
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for cells in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main(samples: str, target: str) -> None:
    with Pool() as pool:
        text = page(survey(Path(samples) / "vendor", pool), Path(samples) / "MANIFEST.csv")
    Path(target).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.environ["LIMS_SAMPLE_DATA"], sys.argv[2])
