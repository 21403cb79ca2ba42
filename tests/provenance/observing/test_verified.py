"""In a process of its own, for an observer stays installed."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from lims.provenance.observing.verified import verified

SCRIPT = """
import json, sys
from pathlib import Path

from lims.provenance.observing.verified import verified
from lims.provenance.observing.inside.observer import install
from lims.provenance.observing.verified import verified
install(json.loads(sys.argv[1]))
path, asked = Path(sys.argv[2]), []
def hash_of(path):
    asked.append(path.read_bytes())
    return "the hash"
print(verified(path, hash_of), len(asked))
if sys.argv[3] == "open":
    path.open().close()
"""


def run(folder: Path, then: str) -> tuple[str, list[dict[str, object]]]:
    (folder / "data").mkdir()
    path = folder / "data" / "eve.txt"
    path.write_text("eve")
    config = {"journal": str(folder / "journal"), "roots": [{"path": str(folder / "data"), "kind": "store"}]}
    command = [sys.executable, "-c", SCRIPT, json.dumps(config), str(path), then]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return said, [json.loads(line) for line in (folder / "journal").read_text().splitlines()]


def test_to_verify_a_file_is_not_to_read_it(tmp_path: Path) -> None:
    assert run(tmp_path, "nothing") == ("the hash 1\n", [])


def test_what_was_verified_is_not_hashed_again_when_it_is_opened(tmp_path: Path) -> None:
    said, (event,) = run(tmp_path, "open")
    assert said == "the hash 1\n"
    assert event["sha256"] == "the hash" != hashlib.sha256(b"eve").hexdigest()


def test_without_an_observer_it_is_only_hashed(tmp_path: Path) -> None:

    assert verified(tmp_path, lambda path: path.name) == tmp_path.name
