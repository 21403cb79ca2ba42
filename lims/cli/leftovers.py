"""What an earlier `lims up` may have left running when it was killed."""

import contextlib
import os
from pathlib import Path

import psutil

# What `lims up` starts, directly or not. A person's own program from a terminal of JupyterLab carries the mark, too,
# but is theirs to end.
MODULES = ("jupyterhub.", "lims.service", "ipykernel_launcher")
PROGRAMS = ("jupyterhub", "jupyterhub-singleuser", "configurable-http-proxy")
MOST_WORDS = 5
"""`python -m MODULE`, `node PROGRAM`: what comes later in a command are somebody's arguments."""
HUB_S = 15.0
OTHERS_S = 5.0


def leftovers(mark: Path) -> list[psutil.Process]:
    """Processes of this user that carry `mark` in $LIMS_UP and are of the kinds that `lims up` starts."""
    mine = psutil.Process()
    spared = {mine.pid, *(parent.pid for parent in mine.parents())}
    return [one for one in psutil.process_iter() if one.pid not in spared and belongs(one, str(mark))]


def belongs(process: psutil.Process, mark: str) -> bool:
    try:
        if process.uids().effective != os.geteuid() or process.status() == psutil.STATUS_ZOMBIE:
            return False
        if process.environ().get("LIMS_UP") != mark:
            return False
        return any(is_ours(word) for word in process.cmdline()[:MOST_WORDS])
    except (psutil.Error, OSError):
        return False


def is_ours(word: str) -> bool:
    """A module that is run, or a program or configuration file of one of these names."""
    name = word.rpartition("/")[2]
    return word.startswith(MODULES) or name in PROGRAMS


def end_leftovers(mark: Path) -> int:
    """End them: the Hub first, since it ends most of the others in order. Answers with how many there were."""
    found = leftovers(mark)
    hubs = [one for one in found if "jupyterhub -f" in command_of(one) or "jupyterhub_config.py" in command_of(one)]
    end(hubs, HUB_S)
    end(leftovers(mark), OTHERS_S)
    return len(found)


def command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def end(processes: list[psutil.Process], patience_s: float) -> None:
    """Ask, wait, then insist. A process whose number was given to another in between is left alone."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(processes, timeout=patience_s)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=OTHERS_S)
