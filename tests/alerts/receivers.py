"""Where messages go in tests: a mail server and a webhook, both really listening, on the loopback only."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, cast


class MailHandler(StreamRequestHandler):
    """As much of SMTP as smtplib speaks."""

    timeout = 20
    server: "MailSink"

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self) -> None:
        self.say("220 sink")
        while line := self.rfile.readline():
            verb = line.split(b" ")[0].strip().upper()
            if verb == b"STARTTLS":
                self.say("220 go ahead")
                self.start_tls()
            elif verb == b"DATA":
                self.take_letter()
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.answer(verb, line)

    def answer(self, verb: bytes, line: bytes) -> None:
        self.server.said.append(line.decode().strip())
        if verb == b"EHLO":
            for extension in ("sink", "8BITMIME", *(("STARTTLS", "AUTH PLAIN") if self.server.tls else ())):
                self.say(f"250-{extension}")
            self.say("250 SIZE 1000000")
        elif verb == b"RCPT" and self.server.refuses:
            self.say("550 no such mailbox here")
        else:
            self.say("235 welcome" if verb == b"AUTH" else "250 ok")

    def start_tls(self) -> None:
        assert self.server.tls is not None
        try:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        except (ssl.SSLError, OSError):
            self.rfile.close()  # the client did not trust us
            return
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", buffering=0)

    def take_letter(self) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        self.server.letters.append(message_from_bytes(b"".join(lines), policy=policy.default))
        self.say("250 taken")


class MailSink(ThreadingTCPServer):
    """letters: what has arrived. said: what clients said. refuses: whether no mailbox is known."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.letters: list[EmailMessage] = []
        self.said: list[str] = []
        self.refuses = False
        self.tls = tls
        super().__init__(("127.0.0.1", 0), MailHandler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is part of the tests."""


@dataclass
class Post:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Script:
    """statuses: what is answered to the next requests, then 200."""

    statuses: list[int] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)


class Hook(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.script = Script()
        super().__init__(("127.0.0.1", 0), HookHandler)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class HookHandler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        script = cast(Hook, self.server).script
        body = self.rfile.read(int(self.headers["Content-Length"]))
        script.posts.append(Post(self.path, dict(self.headers), body))
        status = script.statuses.pop(0) if script.statuses else 200
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def do_GET(self) -> None:
        cast(Hook, self.server).script.posts.append(Post(f"GET {self.path}", {}, b""))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def running(server: MailSink | Hook) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
