"""The widgets in a real kernel: a browser's messages go in, answers come out."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

from tests.facilities import write_facility

HEAVY = ("hyperspy", "papermill", "duckdb", "pandas", "matplotlib", "exspy", "rsciio", "scipy", "numpy")

Kernel = tuple[KernelManager, BlockingKernelClient]


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[BlockingKernelClient]:
    facility = write_facility(tmp_path / "facility")
    manager, client = start_new_kernel(env={**os.environ, "LIMS_FACILITY": str(facility)})
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(client: BlockingKernelClient, source: str) -> dict[str, str]:
    """Executes; the plain values of what the source leaves in `answer`."""
    reply = client.execute_interactive(
        source, user_expressions={"answer": "answer"}, timeout=60, output_hook=lambda message: None
    )
    assert reply["content"]["status"] == "ok", reply["content"]
    shown: str = reply["content"]["user_expressions"]["answer"]["data"]["text/plain"]
    return {"answer": shown.strip("'")}


def send(client: BlockingKernelClient, comm: str, content: dict[str, Any]) -> None:
    data = {"method": "custom", "content": content}
    client.shell_channel.send(client.session.msg("comm_msg", {"comm_id": comm, "data": data}))


def heard(client: BlockingKernelClient, request: str, timeout_s: float = 30) -> dict[str, Any]:
    """The whole message that answers `request`."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        try:
            message: dict[str, Any] = client.get_iopub_msg(timeout=1)
        except Empty:
            continue
        told = message["content"].get("data", {}).get("content", {})
        if message["msg_type"] == "comm_msg" and told.get("re") == request:
            return {**message, "told": told}
    raise AssertionError(f"no answer to {request}")


def test_a_request_is_answered_as_the_person_whose_kernel_it_is(kernel: BlockingKernelClient) -> None:
    comm = run(kernel, "from lims.jupyter import RecordBrowser; w = RecordBrowser(); answer = w.comm.comm_id")["answer"]
    send(kernel, comm, {"id": "a", "operation": "me"})
    answer = heard(kernel, "a")["told"]
    assert answer["result"]["name"] == "m.keller"
    assert answer["result"]["is_staff"] is True


def test_bytes_come_as_a_buffer(kernel: BlockingKernelClient) -> None:
    comm = run(kernel, "from lims.jupyter import Gallery; w = Gallery(); answer = w.comm.comm_id")["answer"]
    send(kernel, comm, {"id": "b", "operation": "thumbnails", "arguments": {"ids": ["dat-0000000000"]}})
    answer = heard(kernel, "b")
    assert answer["told"]["result"]["media_type"] == "application/octet-stream"
    # uint32 count = 1, uint32 length = 0: the dataset is not there.
    assert bytes(answer["buffers"][0]) == b"\x01\0\0\0\0\0\0\0"


def test_an_error_is_answered_too(kernel: BlockingKernelClient) -> None:
    comm = run(kernel, "from lims.jupyter import RecordView; w = RecordView(); answer = w.comm.comm_id")["answer"]
    send(kernel, comm, {"id": "c", "operation": "record", "arguments": {"record": "rec-0000000000"}})
    answer = heard(kernel, "c")["told"]
    assert answer["error"]["kind"] == "NotFound"
    assert "rec-0000000000" in answer["error"]["message"]


def test_where_there_is_no_facility_the_widget_is_made_and_says_what_to_do(tmp_path: Path) -> None:
    manager, client = start_new_kernel(env={**os.environ, "LIMS_FACILITY": str(tmp_path)})
    try:
        comm = run(client, "from lims.jupyter import RecordBrowser; w = RecordBrowser(); answer = w.comm.comm_id")
        send(client, comm["answer"], {"id": "d", "operation": "me"})
        error = heard(client, "d")["told"]["error"]
        assert error["kind"] == "Unavailable"
        assert "lims init" in error["hint"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_slow_answer_keeps_neither_the_kernel_nor_the_next_answer(kernel: BlockingKernelClient) -> None:
    source = """
import threading
from lims.jupyter import RecordBrowser
may_go = threading.Event()
class Slow:
    def ask(self, operation, arguments):
        if operation == "search":
            may_go.wait(30)
        return {"operation": operation}
w = RecordBrowser(facility=Slow())
answer = w.comm.comm_id
"""
    comm = run(kernel, source)["answer"]
    send(kernel, comm, {"id": "slow", "operation": "search"})
    send(kernel, comm, {"id": "quick", "operation": "me"})
    assert heard(kernel, "quick", 10)["told"]["result"] == {"operation": "me"}
    assert run(kernel, "may_go.set(); answer = 6 * 7")["answer"] == "42"


def test_the_widgets_are_light() -> None:
    """Beside a notebook they must start at once: nothing is loaded that only the work itself needs."""
    assert loaded_by("lims.jupyter.widgets") == []


def test_connecting_to_a_service_is_light_too() -> None:
    """A warm kernel holds what `connect()` needs; that must not be the catalog's engine."""
    assert loaded_by("lims.facility.connect") == []


def loaded_by(module: str) -> list[str]:
    """Which of the heavy packages a fresh Python has loaded after it imported `module`."""
    program = f"import sys, {module}; print(*[one for one in {HEAVY} if one in sys.modules])"
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
