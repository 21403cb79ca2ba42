from pathlib import Path

import pytest

from lims.errors import Conflict, NoFacility, Unavailable
from lims.facility.connect import connect, service_of
from lims.facility.served import served


def test_a_service_is_there_as_long_as_it_is_needed_and_a_second_user_shares_it(folder: Path) -> None:
    assert service_of(folder) is None
    with served(folder) as (facility, address):
        assert facility.place().name == "Test"
        assert address == str(folder)
        with served(folder) as (second, _):
            assert second.place().name == "Test"
        assert service_of(folder) is not None, "who came second did not stop what the first one started"
    assert service_of(folder) is None
    with connect(folder) as here:
        assert here.place().name == "Test"


def test_a_folder_without_a_facility_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NoFacility, match="lims init"), served(tmp_path):
        pass


def test_a_facility_that_this_process_has_open_is_not_served_as_well(folder: Path) -> None:
    with connect(folder), pytest.raises(Conflict, match="open in this process"), served(folder):
        pass


def test_a_service_that_cannot_start_says_where_its_reason_stands(folder: Path) -> None:
    (folder / "facility.toml").write_text("[facility\n", encoding="utf-8")
    with pytest.raises(Unavailable, match=r"service\.log"), served(folder):
        pass
