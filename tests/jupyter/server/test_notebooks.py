from pathlib import Path

import pytest
from tornado.web import HTTPError

from lims.jupyter.server.notebooks import Notebooks, installed_folder
from tests.jupyter.lab import write_dashboard


def test_the_dashboards_of_the_lims_are_installed() -> None:
    assert {"session", "records"} <= set(Notebooks([installed_folder()]).names())


@pytest.mark.parametrize("name", ["../secret", "secret.ipynb", "..", "", "a/b", "A", "/etc/passwd", "%2e%2e", "a" * 65])
def test_only_names_are_looked_up(tmp_path: Path, name: str) -> None:
    write_dashboard(tmp_path, "secret", "1")
    inside = tmp_path / "inside"
    inside.mkdir()
    assert Notebooks([inside]).find(name) is None


def test_a_facility_replaces_a_dashboard_by_one_of_the_same_name(tmp_path: Path) -> None:
    for folder in ("theirs", "ours"):
        (tmp_path / folder).mkdir()
        write_dashboard(tmp_path / folder, "records", folder)
    notebooks = Notebooks([tmp_path / "ours", tmp_path / "theirs"])
    assert notebooks.get("records.ipynb")["content"].cells[0].source == "theirs"
    assert notebooks.names() == ["records"]


def test_a_dashboard_that_is_not_there_is_a_404() -> None:
    with pytest.raises(HTTPError) as caught:
        Notebooks([]).get("records.ipynb")
    assert caught.value.status_code == 404
