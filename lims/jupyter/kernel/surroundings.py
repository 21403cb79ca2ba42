"""Whether this kernel is one that a person works in, and where its facility keeps files: quickly, without the facility.

The facility itself is only asked when a run begins. Until then its settings, or one short question, must do.
"""

import json
import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil

ASK_S = 2.0
RUNNERS = ("papermill", "nbconvert", "jupyter-nbconvert", "jupyter-execute", "nbclient", "voila", "jupyter-voila")
SERVERS = ("jupyterhub-singleuser", "jupyterhub.singleuser", "jupyter-lab", "jupyterlab", "jupyter-server",
           "jupyter_server", "jupyter-notebook", "-m-notebook")  # fmt: skip
OWN_STORES = {"derived": {"url": "derived", "writable": True}, "imported": {"url": "imported", "writable": True}}
"""Those that a facility has without naming them, as in settings/load.py."""
PRIVATE = ("catalog", "run", "previews", "logs", "extensions")
"""What a facility keeps in its own folder beside its stores."""


def why_not() -> str:
    """Why nothing is to be recorded in this kernel, "" where it is."""
    if os.environ.get("LIMS_CAPTURE") == "off":
        return "Nothing is recorded: LIMS_CAPTURE is off."
    if os.environ.get("LIMS_REPLAY"):
        return "Nothing is recorded: this is a replay."
    if os.environ.get("LIMS_RUN"):
        return f"Nothing more is recorded here: this is part of {os.environ['LIMS_RUN']}."
    words = starter()
    if names_one(words, RUNNERS):
        return "Nothing is recorded: the notebook is run by a program. To have that recorded, use: lims run"
    if names_one(words, SERVERS) and not os.environ.get("JPY_SESSION_NAME"):
        return "Nothing is recorded: this is a page, not a notebook that somebody works in."
    return ""


def starter() -> list[str]:
    """The command of the process that has started this kernel."""
    try:
        return psutil.Process(int(os.environ.get("JPY_PARENT_PID") or os.getppid())).cmdline()
    except (psutil.Error, ValueError):
        return []


def names_one(words: list[str], names: tuple[str, ...]) -> bool:
    """`jupyter-lab …`, `python -m jupyterlab …`, `python /bin/jupyter-lab …`, `jupyter lab …`."""
    programs = [Path(word).name for word in words[:4]]
    spelled = {*programs, *("-".join(pair) for pair in pairwise(programs))}
    return any(name in spelled for name in names)


def notebook_name() -> str:
    """As the Jupyter server tells it when it starts the kernel."""
    name = Path(os.environ.get("JPY_SESSION_NAME", "")).name
    return name if name.endswith(".ipynb") else "interactive.ipynb"


def place() -> str:
    """Where this process looks for its facility, as lims.open does; "" where there is none."""
    given = os.environ.get("LIMS_FACILITY") or str(Path.cwd())
    if "://" in given:
        return given
    folder = Path(given).expanduser().resolve()
    return str(folder) if (folder / "facility.toml").is_file() else ""


# --- where files lie ----------------------------------------------------------------------------------------------


def stores_at(place: str) -> list[dict[str, str]]:
    """The roots to watch, see observing/inside/observer.py. Nothing where that cannot be told."""
    try:
        found = asked(place) if "://" in place else list(in_settings(Path(place)))
    except (OSError, ValueError, TypeError, AttributeError):
        return []
    there = [(path, is_writable) for path, is_writable in found if os.path.isdir(path)]  # noqa: PTH112
    return [{"path": path, "kind": "derived" if is_writable else "store"} for path, is_writable in there]


def asked(address: str) -> list[tuple[str, bool]]:
    from urllib.request import ProxyHandler, Request, build_opener  # 15 ms, which nobody waits for in a thread

    token = os.environ.get("JUPYTERHUB_API_TOKEN") or os.environ.get("LIMS_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = Request(f"{address.rstrip('/')}/api/stores", headers=headers)
    with build_opener(ProxyHandler({})).open(request, timeout=ASK_S) as answer:
        return [(one["path"], one["is_writable"]) for one in json.load(answer) if one["path"]]


def in_settings(folder: Path) -> Iterator[tuple[str, bool]]:
    import tomllib  # 8 ms that a kernel in a Hub does not need

    tables: dict[str, Any] = tomllib.loads((folder / "facility.toml").read_text(encoding="utf-8"))
    for one in {**OWN_STORES, **tables.get("stores", {})}.values():
        url = str(one["url"]).removeprefix("file://")
        path = one.get("mount") or ("" if "://" in url else str(folder / url))
        if path:
            yield str(path), bool(one.get("writable"))


def work_root(folder: str, stores: list[dict[str, str]]) -> list[dict[str, str]]:
    """The working folder; not where that lies in a store: its files are the store's."""
    inside = any(Path(folder).is_relative_to(one["path"]) for one in stores)
    return [] if inside else [{"path": folder, "kind": "work"}]


def left_out(place: str) -> list[str]:
    """A facility that this process has opened itself writes into its own folder, which may be the working folder."""
    return [] if not place or "://" in place else [str(Path(place) / name) for name in PRIVATE]
