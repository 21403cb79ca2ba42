"""lims init: a whole facility or nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lims.cli import init
from lims.cli.main import run
from lims.facility.local import LocalFacility
from lims.settings import load_settings


def test_new_folder_becomes_a_facility_that_opens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "our place"
    assert run(["init", str(folder), "--timezone", "Europe/Berlin", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"name": "our place", "facility": str(folder)}
    assert load_settings(folder).facility.timezone == "Europe/Berlin"
    with LocalFacility(folder) as facility:
        assert facility.principal.is_staff
        assert facility.instruments() == []
    assert not (folder / init.UNFINISHED).exists()


def test_tables_may_be_added_at_the_end_of_the_file(tmp_path: Path) -> None:
    assert run(["init", str(tmp_path / "f")]) == 0
    with (tmp_path / "f" / "facility.toml").open("a") as file:
        file.write('[stores.raw]\nurl = "raw"\n[instruments.titan]\nname = "Titan"\nstore = "raw"\nprefix = "T/"\n')
        file.write("[harvest]\nworkers = 1\n")
    assert [one.id for one in load_settings(tmp_path / "f").instrument_list()] == ["titan"]


def test_name_with_quotes_and_umlauts_is_kept(tmp_path: Path) -> None:
    name = 'Labor "Süd" \\ 2'
    assert run(["init", str(tmp_path / "f"), "--name", name]) == 0
    assert load_settings(tmp_path / "f").facility.name == name


def test_foreign_folder_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    assert run(["init", str(tmp_path)]) == 2
    assert "not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_facility_is_not_made_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(tmp_path / "f")]) == 0
    before = (tmp_path / "f" / "facility.toml").read_bytes()
    assert run(["init", str(tmp_path / "f"), "--demo"]) == 1
    assert "already a facility" in capsys.readouterr().err
    assert (tmp_path / "f" / "facility.toml").read_bytes() == before


def test_wrong_time_zone_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(tmp_path / "f"), "--timezone", "Mars/Olympus"]) == 2
    assert "Mars/Olympus" in capsys.readouterr().err
    assert not (tmp_path / "f").exists()


def test_file_in_the_way_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    assert run(["init", str(tmp_path / "f")]) == 2


def test_killed_init_can_be_started_again(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    script = f"""
import os
from lims.cli import init
from lims.cli.main import run
init.make_facility = lambda *_: os.kill(os.getpid(), 9)
run(["init", {str(folder)!r}])
"""
    killed = subprocess.run([sys.executable, "-c", script], check=False)
    assert killed.returncode == -9
    assert (folder / init.UNFINISHED).is_dir()
    assert run(["init", str(folder)]) == 0
    assert sorted(path.name for path in folder.iterdir() if path.name not in init.OURS) == ["facility.toml"]


def test_person_s_file_is_never_cleared_away(tmp_path: Path) -> None:
    (tmp_path / init.UNFINISHED).mkdir()
    (tmp_path / "mine.txt").write_text("mine")
    assert run(["init", str(tmp_path)]) == 2
    assert (tmp_path / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("option", [["--name", "x"], ["--timezone", "UTC"]])
def test_demo_has_its_own_name_and_zone(tmp_path: Path, option: list[str]) -> None:
    assert run(["init", str(tmp_path / "f"), "--demo", *option]) == 2
    assert not (tmp_path / "f").exists()
