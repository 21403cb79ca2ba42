from datetime import UTC, datetime

import pytest

from lims.model import Dataset


@pytest.mark.parametrize(
    ("key", "name"), [("Titan_TEM/2018/Eve.dm3", "Eve.dm3"), ("Eve.dm3", "Eve.dm3"), ("a/µ m.zspy", "µ m.zspy")]
)
def test_a_dataset_is_called_as_its_file(key, name):
    assert Dataset("dat-0123456789", "raw", "raw", key, 1, datetime(2018, 11, 13, tzinfo=UTC)).name == name
