"""The reference of SQL: what it shows can be asked, and is asked here."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lims.facility.local import LocalFacility
from tests.facilities import write_facility
from tests.filled import fill

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = re.findall(r"```sql\n(.*?)```", (DOCS / "reference" / "sql.md").read_text(encoding="utf-8"), re.DOTALL)
INLINE = re.findall(r'sql\("""(.*?)"""\)', (DOCS / "find-data.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def facility(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFacility]:
    folder = write_facility(tmp_path_factory.mktemp("page") / "facility")
    with LocalFacility(folder) as opened:
        fill(opened, folder)
        yield opened


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 5
    assert INLINE


@pytest.mark.parametrize("statement", [*EXAMPLES, *INLINE], ids=lambda text: " ".join(text.split())[:50])
def test_an_example_can_be_asked(facility: LocalFacility, statement: str) -> None:
    rows = facility.sql(statement)
    assert rows.columns
    if "drift" in statement:
        assert [row["text"] for row in rows] == ["Zirconium-secret drifts"]
