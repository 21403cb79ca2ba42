"""The document for other systems, held against its own schema by a program that is not ours."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from lims.extractors.document import document, schema
from lims.extractors.extract import extract_file
from lims.extractors.outcome import Outcome

FILES = (
    "dm3/multi_signal.dm3",
    "dm4/EELS_SI.dm4",
    "ser_emi/16_STOimage.emi",
    "tiff/test_tiff_Zeiss_SEM_512pix.tif",
    "emd_velox/STEM HAADF Diffraction Micro.emd",
    "sensorlog/chiller_log.csv",
    "ebsd/edax_binary.up1",
    "protochips/protochips_electrical.csv",
)


@pytest.fixture(scope="module")
def held() -> Draft202012Validator:
    Draft202012Validator.check_schema(schema())
    return Draft202012Validator(schema())


@pytest.mark.parametrize("name", FILES)
def test_what_is_said_of_a_file_fits_the_schema(sample_data: Path, held: Draft202012Validator, name: str) -> None:
    said = json.loads(json.dumps(document(extract_file(sample_data / "vendor" / name)), allow_nan=False))
    held.validate(said)


def test_what_is_said_of_a_file_that_cannot_be_read_fits_the_schema(tmp_path: Path, held: Draft202012Validator) -> None:
    (tmp_path / "a.dm3").write_bytes(b"\0\0\0\3")
    outcome = extract_file(tmp_path / "a.dm3")
    assert outcome.failed
    held.validate(json.loads(json.dumps(document(outcome))))


def test_the_schema_refuses_what_is_no_such_document(held: Draft202012Validator) -> None:
    said = json.loads(json.dumps(document(Outcome(None))))
    assert not list(held.iter_errors(said))
    assert list(held.iter_errors({**said, "signals": "none"}))
    assert list(held.iter_errors({name: value for name, value in said.items() if name != "normalised"}))
