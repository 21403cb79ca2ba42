from pathlib import Path

import pytest

from tests.provenance.observing.running import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)
