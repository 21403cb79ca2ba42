"""A dashboard as a page: something to see at once, then the notebook's output as its cells finish."""

import asyncio
from concurrent.futures import Future
from typing import Any, Literal, cast

from jinja2 import Environment, FileSystemLoader
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import ensure_async
from markupsafe import escape
from tornado import web
from tornado.iostream import StreamClosedError

from lims.errors import LimsError
from lims.jupyter.server.bundle import BUNDLE
from lims.jupyter.server.first import Answering, ask_first, element_of
from lims.jupyter.server.kernels import Kernels
from lims.jupyter.server.notebooks import Notebooks
from lims.jupyter.server.rendering import OWN, Site, renderer_of, with_heartbeat
from lims.jupyter.server.upstream import Upstream

FIRST_S = 0.3
Theme = Literal["light", "dark", "system"]
HEAD = Environment(loader=FileSystemLoader(OWN), autoescape=True).get_template("head.html.j2")

FAILED = """
<div class="lims-Failed" role="alert"><h1>This page could not be opened</h1><p>%s</p>
<p>Nothing you have logged is lost. <a href="">Try again</a>; if it stays, the log of your server says more.</p></div>
<script>
document.getElementById('loading')?.remove();
document.body.append(document.querySelector('.lims-Failed'));
</script></body></html>
"""
"""Moves itself out of the part of the page that is not shown before all cells are done."""

COMPONENTS = "own/page.js"
"""Where it is not built, widgets get their components from the kernel."""

CONTENT_POLICY = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; connect-src 'self' ws: wss: data: blob:; "
    "frame-ancestors 'self'; object-src 'none'; base-uri 'self'"
)


class DashboardHandler(JupyterHandler):
    """GET {base}/lims/dashboards/<name>."""

    def initialize(
        self, site: "Future[Site]", notebooks: Notebooks, kernels: Kernels, upstream: Upstream
    ) -> None:
        self.site, self.notebooks, self.kernels, self.upstream = site, notebooks, kernels, upstream
        self.kernel_id: str | None = None
        self.is_gone = False

    @property
    def content_security_policy(self) -> str:
        """Nothing from other addresses, whatever a notebook or a library tries."""
        return CONTENT_POLICY

    @web.authenticated
    async def get(self, name: str) -> None:
        if self.notebooks.find(name) is None:
            raise web.HTTPError(404, f"There is no dashboard {name}.")
        site = await asyncio.wrap_future(self.site)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        _ = self.xsrf_token  # sets the cookie that the page's writes and its goodbye have to show
        try:
            await self._paint(head_of(site, self._theme()))
            await self._render(site, name)
        except StreamClosedError:
            self.is_gone = True
        except Exception as error:  # a front door: the status has been sent, so the page has to say it
            self.log.exception("The dashboard %s could not be shown.", name)
            told = str(error) if isinstance(error, LimsError) else f"{type(error).__name__}: {error}"
            await self._paint(FAILED % escape(told))
        if self.is_gone and self.kernel_id is not None:
            await self.kernels.shut_down(self.kernel_id)

    async def _render(self, site: Site, name: str) -> None:
        renderer = renderer_of(site, self, self.notebooks, name)
        await renderer.initialize(template=None, theme=None)
        answering = await self._ask_first(renderer.notebook.metadata.get("lims_first"))
        try:
            await self._fill(renderer)
            if answering:  # with a warm kernel the page is quicker than the answers, which its component would wait for
                await asyncio.wait(answering, timeout=FIRST_S)
            await self._paint(element_of(answering))
        finally:
            for one in answering:
                one.cancel()

    async def _ask_first(self, wanted: object) -> Answering:
        if not await ensure_async(self.authorizer.is_authorized(self, self.current_user, "read", "lims")):
            return []
        address = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        return ask_first(self.upstream, wanted, address)

    async def _fill(self, renderer: Any) -> None:
        language = renderer.notebook.metadata.kernelspec.name
        self.kernel_id, kernel = await self.kernels.take(self._environment(), language)
        snippets = renderer.generate_content_generator(self.kernel_id, kernel)
        async for snippet in with_heartbeat(snippets, self.kernels.death_of(self.kernel_id)):
            await self._paint(snippet)

    async def _paint(self, html: str) -> None:
        self.write(html)
        await self.flush()

    def on_connection_close(self) -> None:
        self.is_gone = True
        super().on_connection_close()

    def _theme(self) -> Theme:
        wanted = self.get_query_argument("theme", "system")
        return cast(Theme, wanted) if wanted in ("light", "dark") else "system"

    def _environment(self) -> dict[str, str]:
        """What a notebook may want to know of its page, under the names that Voilà uses."""
        return {
            "SCRIPT_NAME": self.request.path,
            "QUERY_STRING": self.request.query,
            "VOILA_REQUEST_URL": self.request.full_url(),
            "VOILA_BASE_URL": self.base_url,
            "VOILA_PREHEAT": "False",
        }


def head_of(site: Site, theme: Theme) -> str:
    scripts = ["voila/voila-style.js", BUNDLE, "own/watch.js"]
    if COMPONENTS in site.assets.files:
        scripts.insert(0, COMPONENTS)
    load: list[dict[str, Any]] = site.page_config["federated_extensions"]
    return HEAD.render(
        theme=theme,
        styles=[site.url("voila/index.css")],
        themes=[(one, site.url(f"voila/theme-{one}.css")) for one in ("light", "dark") if theme in (one, "system")],
        scripts=[site.url(one) for one in scripts],
        entries=[site.url("voila/voila.js"), *(site.url(f"ext/{one['name']}/{one['load']}") for one in load)],
    )
