"""Where the service listens: a socket in the facility's folder, and the address the Hub gave."""

import contextlib
import os
import socket
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from lims.errors import Unavailable

LONGEST_PATH = 100  # bytes: the system's own limit is 108 on Linux, 104 on macOS
BACKLOG = 512


def listen_at_path(run: Path) -> tuple[socket.socket, Path]:
    """A Unix socket in `run`, or in a private temporary folder where the path would be too long.

    Whoever holds the facility's lock calls this, so a socket that is already there is a dead one's.
    """
    path = run / "service.sock"
    if len(os.fsencode(path)) > LONGEST_PATH:
        path = Path(tempfile.mkdtemp(prefix="lims-")) / "service.sock"
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(path))
    path.chmod(0o600)
    listening.listen(BACKLOG)
    return listening, path


def listen_at_address(url: str) -> socket.socket:
    """Raises Unavailable where the port is taken."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    try:
        return socket.create_server((host, port), backlog=BACKLOG)
    except OSError as error:
        raise Unavailable(
            f"The service cannot listen at {host}:{port}: {error.strerror}.", hint="Is another one still running?"
        ) from error


def remove_socket(path: Path, run: Path) -> None:
    path.unlink(missing_ok=True)
    if path.parent != run:
        with contextlib.suppress(OSError):
            path.parent.rmdir()
