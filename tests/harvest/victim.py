"""A process that ends a session, says so, and harvests until it is killed. Run by test_killed.py.

usage: victim.py FACILITY EXTENSIONS SESSION
Prints ENDED once the end is acknowledged, then READ for every file that was read, then DONE.
"""

import sys
from pathlib import Path

from lims.extractors import Pool
from lims.logbook import end_session
from tests.harvest.conftest import ADA, open_lab


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def main() -> None:
    folder, extensions, session = sys.argv[1:]
    with Pool() as pool:
        lab = open_lab(Path(folder), pool, Path(extensions))
        if lab.catalog.view(ADA).session(session).is_open:
            end_session(lab.catalog, ADA, session, request_key="the-end")
        say("ENDED")
        sys.stdin.readline()
        lab.harvest(session_id=session, progress=lambda _: say("READ"))
        say("DONE")
        lab.catalog.close()


if __name__ == "__main__":
    main()
