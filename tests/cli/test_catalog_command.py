"""`lims catalog` on a real facility."""

from pathlib import Path

import pytest

from lims.errors import Forbidden
from lims.facility.local import LocalFacility
from lims.model import Principal
from tests.cli.conftest import Lims
from tests.facilities import write_facility


def test_the_shape_is_told_to_people_and_as_json(there: Lims) -> None:
    said = there("catalog", "status")
    assert said.code == 0, said.err
    facts = dict(line.split("  ", 1) for line in said.out.split("\n\n")[0].splitlines())
    assert "366 days are kept" in facts["states of the past"]
    assert facts["upkeep"].strip().startswith("idle")
    heads, *rows = said.out.split("\n\n")[1].splitlines()
    assert heads.split()[:4] == ["table", "rows", "files", "size"]
    assert any(row.split()[:2] == ["dataset", "1"] for row in rows)
    document = there("catalog", "status", "--json").document
    assert {"schema", "snapshot", "oldest", "keep_days", "upkeep", "tables", "replaced", "waiting"} <= set(document)


def test_a_sound_index_is_verified_and_made_anew(there: Lims) -> None:
    said = there("catalog", "verify")
    assert (said.code, said.err) == (0, "")
    assert "The index is right." in said.out
    done = there("catalog", "rebuild-index")
    assert (done.code, done.err) == (0, "")
    assert "1 datasets" in done.out
    assert there("catalog", "rebuild-index", "--json").document["datasets"] == 1
    assert there("catalog", "verify", "--json").document["counts"] == {}


def test_what_differs_is_a_table_and_the_exit_code(lims: Lims, tmp_path: Path) -> None:
    folder = write_facility(tmp_path / "facility")
    with LocalFacility(folder) as facility:
        facility.save_derived(Path(__file__), "a.txt")
        cursor = facility.desk.catalog._connection.cursor()
        cursor.execute("INSERT INTO lake.word SELECT 'unheard', \"names\" FROM lake.indexed")
    said = lims("--facility", str(folder), "catalog", "verify")
    assert said.code == 1
    assert "1 too many (unheard)" in said.out
    assert "lims catalog rebuild-index" in said.out
    assert lims("--facility", str(folder), "catalog", "verify", "--json").document["counts"] == {"words": 1}
    assert lims("--facility", str(folder), "catalog", "rebuild-index").code == 0
    assert lims("--facility", str(folder), "catalog", "verify").code == 0


@pytest.mark.parametrize("name", ["catalog_status", "catalog_progress", "verify_index", "rebuild_index"])
def test_it_is_the_business_of_the_staff(tmp_path: Path, name: str) -> None:
    folder = write_facility(tmp_path / "facility")
    with LocalFacility(folder, Principal("somebody")) as facility, pytest.raises(Forbidden, match="Only staff"):
        facility.ask(name, {})
