"""Which folder a live session is played in, without playing it: tests/demo plays."""

from pathlib import Path

import pytest

from lims.cli.demo_session import demo_folder
from lims.errors import Invalid
from tests.cli.conftest import Lims


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("LIMS_FACILITY", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_folder_named_wins_over_the_option_and_that_over_the_environment(here, monkeypatch):
    monkeypatch.setenv("LIMS_FACILITY", str(here / "environment"))
    assert demo_folder(None, None) == here / "environment"
    assert demo_folder(None, str(here / "option")) == here / "option"
    assert demo_folder(here / "folder", str(here / "option")) == here / "folder"


def test_without_a_word_it_is_this_folder_if_it_is_a_facility_else_the_demo(here):
    assert demo_folder(None, None) == here / "demo-facility"
    (here / "facility.toml").touch()
    assert demo_folder(None, None) == here


def test_files_cannot_be_written_to_an_address(here, monkeypatch):
    monkeypatch.setenv("LIMS_FACILITY", "http://127.0.0.1:8000/services/lims")
    with pytest.raises(Invalid, match="lims demo-session DIR"):
        demo_folder(None, None)


def test_the_command_asks_the_facility_of_the_environment(lims: Lims, tmp_path, monkeypatch):
    monkeypatch.setenv("LIMS_FACILITY", str(tmp_path / "nowhere"))
    said = lims("demo-session", "--seconds", "0")
    assert said.code == 2
    assert str(tmp_path / "nowhere") in said.err
