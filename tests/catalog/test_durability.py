"""kill -9 at any moment: what was acknowledged is there, whole, once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from lims.catalog import Catalog
from lims.model import SYSTEM

ROUNDS = 4

# Four threads write sessions with their record, an event and a tagged dataset with metadata; each prints an id only
# after its write has returned. Every third also repeats its request.
WRITER = """
import sys, threading
from datetime import UTC, datetime
from pathlib import Path
from lims.catalog import Catalog
from lims.model import SYSTEM, Dataset, Extraction, Record, Session, SessionEvent, new_id, record_id_of

folder, extensions, seed = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
catalog = Catalog.open(folder, extensions=extensions)
print("open", flush=True)
said = threading.Lock()

def put(change, number):
    session = Session(new_id("session"), "titan", "ada", "ada", datetime.now(UTC), title=f"{seed}-{number}")
    file = Dataset(new_id("dataset"), "raw", "raw", session.id, 5, datetime.now(UTC), session=session.id)
    change.put_all([session, Record(record_id_of(session.id), session.id, "open", "")], action="start")
    change.put(SessionEvent(new_id("event"), session.id, "start", datetime.now(UTC), "ada"), action="start")
    change.put(file, action="register")
    change.put_extraction(file.id, Extraction("x", "x", "1", metadata={f"k{n}": n for n in range(20)}))
    return session.id

def write(thread):
    for number in range(thread, 10**6, 4):
        for _ in range(2 if number % 3 == 0 else 1):
            key = f"{seed}-{number}"
            done = catalog.write(lambda change: put(change, number), by=SYSTEM, request_key=key)
        if number == 7:
            catalog.maintain()
        with said:
            print(done, flush=True)

for thread in range(4):
    threading.Thread(target=write, args=(thread,), daemon=True).start()
threading.Event().wait()
"""


def run_and_kill(folder: Path, extensions: Path, seed: int) -> list[str]:
    """The ids that the writer acknowledged before it was killed."""
    arguments = [sys.executable, "-c", WRITER, str(folder), str(extensions), str(seed)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        chance = random.Random(seed)
        said = "".join(writer.stdout.readline() for _ in range(chance.randint(2, 12)))
        time.sleep(chance.uniform(0, 0.05))
        os.kill(writer.pid, signal.SIGKILL)
        said += writer.stdout.read()
    return said.split("\n")[:-1]


def test_what_was_acknowledged_survives_kill_9_whole_and_once(folder: Path, extensions: Path) -> None:
    acknowledged: list[str] = []
    for seed in range(ROUNDS):
        acknowledged += run_and_kill(folder, extensions, seed)
    assert len(acknowledged) >= 2 * ROUNDS
    with Catalog.open(folder, extensions=extensions) as catalog:
        view = catalog.view(SYSTEM)
        sessions = view.sessions(limit=None)
        titles = Counter(one.title for one in sessions)
        assert set(acknowledged) <= {one.id for one in sessions}
        assert [title for title, count in titles.items() if count > 1] == [], "a repeated request was done twice"
        records, files = Counter(one.session for one in view.records()), Counter(one.session for one in view.datasets())
        assert records == files == {one.id: 1 for one in sessions}, "a session is there in part"
        whole = {one.session: view.document(one.id) for one in view.datasets()[:20]}
        assert all(len(tree) == 20 for tree in whole.values())
        counts = view._ask('SELECT "doc", count(*) AS n FROM leaf GROUP BY ALL HAVING n <> 20')
        assert counts == []
        for one in random.Random(0).sample(acknowledged, min(10, len(acknowledged))):
            assert [entry.kind for entry in view.history(one)] == ["session"]
            assert len(view.events(one)) == 1
