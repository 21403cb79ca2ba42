"""What every component's widget shares: the stub that mounts it, and the answers to what it asks."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from lims.errors import Unavailable
from lims.jupyter.widgets.connection import KERNEL, WORKERS, Answers
from lims.jupyter.widgets.requests import Reply, Request, refusal_of, reply_to, request_of

STATIC = Path(__file__).parents[1] / "static"

NOT_BUILT = """
export default { render({ el }) {
  el.textContent = 'The front end of jupyter-lims is not built. Run: make install';
} };
"""


def built(name: str, otherwise: str = "") -> str:
    file = STATIC / name
    return file.read_text(encoding="utf-8") if file.is_file() else otherwise


class LimsWidget(anywidget.AnyWidget):
    """One component of the LIMS in a notebook cell (`layout_mode="cell"`) or filling a page ("page").

    facility: whom to ask; otherwise the kernel's own connection, as the person whose kernel it is.
    is_elsewhere: such a facility was given, so nothing is asked over the person's server instead.
    """

    _esm = built("widget.js", NOT_BUILT)
    _css = built("widget.css")
    component = traitlets.Unicode().tag(sync=True)
    is_elsewhere = traitlets.Bool(False).tag(sync=True)
    layout_mode = traitlets.Enum(("cell", "page"), "cell").tag(sync=True)

    def __init__(self, *, facility: Answers | None = None, **traits: Any) -> None:
        super().__init__(component=type(self).__name__, is_elsewhere=facility is not None, **traits)
        self._facility = facility
        self.on_msg(self._heard)

    def _heard(self, _widget: Any, message: Any, _buffers: Any) -> None:
        request = request_of(message)
        if request is not None:
            WORKERS.submit(self._answer, request)

    def _answer(self, request: Request) -> None:
        try:
            reply = self._reply_to(request)
        except Exception as error:  # noqa: BLE001  (a front door: the browser has to hear of it)
            reply = refusal_of(request, error)
        self.send(reply.message, reply.buffers)

    def _reply_to(self, request: Request) -> Reply:
        if request.operation == "esm":
            return Reply({"re": request.id, "result": full_module()})
        return reply_to(request, self._facility or KERNEL.facility())


def full_module() -> str:
    """The components as one ES module, for a page that did not load the JupyterLab extension.

    Raises Unavailable where the front end has not been built.
    """
    source = built("full.js")
    if not source:
        raise Unavailable("The front end of jupyter-lims is not built.", hint="Run: make install")
    return source


