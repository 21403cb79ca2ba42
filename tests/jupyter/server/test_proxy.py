"""{base}/lims/api, before a real service, and before a small one that says what it heard."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.jupyter.lab import Lab, started_lab

BIG = 20_000_000


class Hearing(BaseHTTPRequestHandler):
    """Stands for the service behind the Hub's address: tells what reached it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.startswith("/services/lims/api/ranged"):
            self.reply(206, b"2345", {"Content-Range": "bytes 2-5/10", "ETag": '"abc"', "Set-Cookie": "theirs=1"})
        elif self.path.startswith("/services/lims/api/unchanged"):
            self.reply(304, b"", {"ETag": '"abc"'})
        elif self.path.startswith("/services/lims/api/endless"):
            self.send_response(200)
            self.send_header("Content-Length", str(BIG))
            self.end_headers()
            self.wfile.write(b"x" * 1000)
            self.close_connection = True
        else:
            self.reply(200, self.told(b""), {"Content-Type": "application/json"})

    def do_POST(self) -> None:
        size = self.headers["Content-Length"]
        body = self.rfile.read(int(size)) if size is not None else self.chunks()
        if self.path.endswith("/refused"):
            answer = {"error": {"kind": "Conflict", "message": "Somebody has it.", "hint": "End it."}}
            self.reply(409, json.dumps(answer).encode(), {"Content-Type": "application/json"})
        else:
            self.reply(200, self.told(body), {"Content-Type": "application/json"})

    do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815  (http.server's names)

    def chunks(self) -> bytes:
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def told(self, body: bytes) -> bytes:
        heard = {"verb": self.command, "path": self.path, "headers": dict(self.headers), "bytes": len(body)}
        return json.dumps(heard).encode()

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_about: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def hub_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A server in a Hub: the service is at an address, and the server's own token says whose server it is."""
    service = ThreadingHTTPServer(("127.0.0.1", 0), Hearing)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{service.server_port}/services/lims/"
    with started_lab(tmp_path_factory.mktemp("hub"), facility=address, token="the-servers-own") as lab:
        yield lab
    service.shutdown()


def test_the_service_hears_the_servers_own_token_and_nobody_elses(hub_lab: Lab) -> None:
    cookies = {"username-x": "stolen", "_xsrf": "stolen"}
    told = httpx.get(
        f"{hub_lab.url}lims/api/me?token=a-token-for-tests&after=2018", cookies=cookies, trust_env=False
    ).json()
    assert told["headers"]["Authorization"] == "Bearer the-servers-own"
    assert "Cookie" not in told["headers"]
    assert told["path"] == "/services/lims/api/me?after=2018"


def test_ranges_and_tags_pass_and_cookies_of_the_service_do_not(hub_lab: Lab) -> None:
    response = hub_lab.get("lims/api/ranged")
    assert (response.status_code, response.content) == (206, b"2345")
    assert response.headers["Content-Range"] == "bytes 2-5/10"
    assert response.headers["ETag"] == '"abc"'
    assert "theirs" not in response.headers.get("Set-Cookie", "")
    assert hub_lab.get("lims/api/unchanged").status_code == 304


def test_what_a_microscope_wrote_cannot_run_as_a_page(hub_lab: Lab) -> None:
    headers = hub_lab.get("lims/api/ranged").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_body_passes_in_pieces_and_whole(hub_lab: Lab, verb: str) -> None:
    pieces = (b"x" * 100_000 for _ in range(200))
    headers = {**hub_lab.headers, "Idempotency-Key": "k1", "Content-Type": "application/octet-stream"}
    told = httpx.request(
        verb, f"{hub_lab.url}lims/api/uploads", content=pieces, headers=headers, timeout=60, trust_env=False
    ).json()
    assert (told["verb"], told["bytes"]) == (verb, BIG)
    assert told["headers"]["Idempotency-Key"] == "k1"


def test_an_error_of_the_service_arrives_as_it_was_said(hub_lab: Lab) -> None:
    response = httpx.post(f"{hub_lab.url}lims/api/refused", json={}, headers=hub_lab.headers, trust_env=False)
    assert response.status_code == 409
    assert response.json()["error"] == {"kind": "Conflict", "message": "Somebody has it.", "hint": "End it."}


def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_one(hub_lab: Lab) -> None:
    with pytest.raises(httpx.TransportError):
        hub_lab.get("lims/api/endless")


@pytest.mark.parametrize("path", ["../secret", "..%2F..%2Fsecret", "a/%2e%2e/%2e%2e/secret", "%2e%2e/secret"])
def test_no_address_climbs_out_of_the_api(hub_lab: Lab, path: str) -> None:
    request = httpx.Request("GET", hub_lab.url + "lims/api/x", headers=hub_lab.headers)
    request.url = request.url.copy_with(raw_path=f"/user/kim/lims/api/{path}".encode())
    with httpx.Client(trust_env=False) as client:
        assert client.send(request).status_code == 404


def test_a_stranger_reaches_nothing(hub_lab: Lab) -> None:
    for verb in ("GET", "POST"):
        response = httpx.request(verb, f"{hub_lab.url}lims/api/me", trust_env=False)
        assert response.status_code == 403
        assert set(response.json()["error"]) == {"kind", "message", "hint"}


@contextmanager
def signed_in(lab: Lab) -> Iterator[httpx.Client]:
    """With the cookies of a browser, as another site could use them."""
    with httpx.Client(base_url=lab.url, trust_env=False, timeout=60) as client:
        client.get("lims/dashboards/says?token=a-token-for-tests")
        yield client


def test_a_write_with_cookies_alone_is_refused(hub_lab: Lab) -> None:
    with signed_in(hub_lab) as client:
        assert client.get("lims/api/me").status_code == 200
        assert client.post("lims/api/sessions", json={}).status_code == 403
        token = client.cookies["_xsrf"]
        assert client.post("lims/api/sessions", json={}, headers={"X-XSRFToken": token}).status_code == 200


def test_a_refusal_leaves_the_connection_to_the_next_request(hub_lab: Lab) -> None:
    """The Hub's proxy keeps its connections; one that is closed under its hands is a 503 to somebody else."""
    with signed_in(hub_lab) as client:
        refused = client.post("lims/api/sessions", content=b"x" * 5_000_000)
        assert refused.status_code == 403
        assert refused.headers.get("Connection", "keep-alive").lower() != "close"
        before = refused.extensions["network_stream"].get_extra_info("socket").getsockname()
        answer = client.get("lims/api/me")
        assert answer.extensions["network_stream"].get_extra_info("socket").getsockname() == before


def test_another_sites_page_cannot_ask(hub_lab: Lab) -> None:
    with signed_in(hub_lab) as client:
        response = client.get("lims/api/me", headers={"Origin": "http://elsewhere.example"})
        assert response.status_code in (403, 404)


def test_a_plain_jupyterlab_has_the_same_address_for_its_own_service(lab: Lab) -> None:
    me = lab.get("lims/api/me")
    assert me.json()["name"] == "m.keller"
    started = httpx.post(
        f"{lab.url}lims/api/sessions", json={"instrument": "fib", "title": "A & <b>"}, headers=lab.headers, timeout=30,
        trust_env=False,
    )
    assert started.status_code == 200, started.text
    assert lab.get(f"lims/api/sessions/{started.json()['id']}").json()["session"]["title"] == "A & <b>"


def test_a_service_that_is_away_is_said_at_once(away_lab: Lab) -> None:
    response = away_lab.get("lims/api/me")
    assert response.status_code == 503
    error = response.json()["error"]
    assert error["kind"] == "Unavailable"
    assert "does not answer" in error["message"]
