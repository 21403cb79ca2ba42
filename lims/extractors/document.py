"""The JSON document of one file, as `lims extract --json` prints it for other systems; its shape is public."""

import dataclasses
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from lims.extractors.outcome import Outcome, StepFailure
from lims.model import Extraction, Signal, Value

SCHEMA = "https://json-schema.org/draft/2020-12/schema"
NAME = "urn:jupyter-lims:extract:1"


@dataclass(frozen=True)
class Reader:
    """Which extractor read the file; another version may say something else."""

    name: str
    version: str


@dataclass(frozen=True)
class Document:
    """What is in one file. A file that could not be read has an empty format, and says why in `failed`.

    normalised: by field of the vocabulary. metadata: the vendor's tree, unaltered; in it NaN and the infinities are the
    texts "NaN", "Infinity" and "-Infinity", bytes that are no text {"base64"}, complex numbers {"real", "imag"}, and
    what is too long to be metadata {"array": {"shape", "dtype"}}. Trees of further signals that differ from the first's
    stand under "signals", by number. blank: why there is nothing to see. preview_size: width and height in pixels.
    """

    format: str
    extractor: Reader
    signals: tuple[Signal, ...]
    normalised: dict[str, Value]
    metadata: dict[str, Any]
    warnings: tuple[str, ...]
    blank: str
    preview_size: tuple[int, int] | None
    failed: tuple[StepFailure, ...]


def document(outcome: Outcome) -> dict[str, Any]:
    found = outcome.extraction or Extraction("", "", "")
    return dataclasses.asdict(
        Document(
            found.format,
            Reader(found.extractor, found.extractor_version),
            found.signals,
            found.normalised,
            found.metadata,
            found.warnings,
            outcome.blank,
            outcome.preview_size,
            outcome.failed,
        )
    )


def schema() -> dict[str, Any]:
    """The JSON Schema of a document, 2020-12."""
    adapter = import_module("pydantic").TypeAdapter(Document)  # 0.1 s that only who asks for the schema pays
    return {"$schema": SCHEMA, "$id": NAME, **adapter.json_schema(mode="serialization")}
