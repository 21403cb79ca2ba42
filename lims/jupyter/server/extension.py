"""What the extension adds to a Jupyter server, and what a site may set (c.LimsExtension.…)."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.services.kernels.handlers import _kernel_id_regex
from jupyter_server.utils import url_path_join
from tornado.ioloop import PeriodicCallback
from traitlets import Float, Int, List, Unicode
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler

from lims.errors import LimsError
from lims.jupyter.server.assets import AssetHandler
from lims.jupyter.server.channels import QuickChannels
from lims.jupyter.server.kernels import Kernels
from lims.jupyter.server.notebooks import NAME, Notebooks, installed_folder
from lims.jupyter.server.pages import DashboardHandler
from lims.jupyter.server.proxy import ApiProxy
from lims.jupyter.server.rendering import make_site
from lims.jupyter.server.upstream import upstream_of

NEEDED = ["@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget"]
SWEEP_MS = 60_000


class LimsExtension(ExtensionApp):
    name = "lims"
    load_other_extensions = True

    dashboard_folders = List(Unicode(), config=True, help="Folders with a facility's own dashboards (notebooks).")
    extensions = List(Unicode(), NEEDED, config=True, help="The JupyterLab extensions that dashboards load.")
    warm_kernels = Int(1, config=True, help="Kernels kept ready for the next dashboard, about 60 MB each.")
    refill_s = Float(4.0, config=True, help="Pause before the next kernel is made ready, seconds.")
    abandoned_s = Float(1800.0, config=True, help="After so long without its page a kernel is shut down, seconds.")

    def initialize_handlers(self) -> None:
        server: Any = self.serverapp
        base = server.web_app.settings["base_url"]
        files = url_path_join(base, "lims/dashboards/-")
        self.notebooks = Notebooks([installed_folder(), *(Path(one).expanduser() for one in self.dashboard_folders)])
        self.kernels = Kernels(
            server.kernel_manager, self.log, size=self.warm_kernels, refill_s=self.refill_s,
            abandoned_s=self.abandoned_s,
        )
        self.upstream = upstream_of(server.root_dir)
        api = url_path_join(base, "lims/api")
        # Widgets in this server's notebooks read there where a download comes from.
        server.web_app.settings.setdefault("page_config_data", {})["limsApi"] = api
        worker = ThreadPoolExecutor(1, thread_name_prefix="lims-site")
        self.site = worker.submit(make_site, server, files, list(self.extensions))
        worker.shutdown(wait=False)
        # Patterns are below the server's base address.
        self.handlers += [
            (rf"/lims/dashboards/({NAME})", DashboardHandler,
             {"site": self.site, "notebooks": self.notebooks, "kernels": self.kernels, "upstream": self.upstream}),
            (r"/lims/dashboards/-/([0-9a-f]+)/(.+)", AssetHandler, {"site": self.site}),
            (r"/lims/api/(.*)", ApiProxy, {"upstream": self.upstream, "root": api}),
            # Voilà's own extension may be switched off; its page says goodbye at this address.
            (r"/voila/api/shutdown/(.*)", VoilaShutdownKernelHandler),
            (rf"/api/kernels/{_kernel_id_regex}/channels", QuickChannels),
        ]

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        self.sweeping = PeriodicCallback(self.kernels.sweep, SWEEP_MS)
        self.sweeping.start()
        self.preparing = asyncio.ensure_future(self._prepare())
        self.log.info("LIMS dashboards: %s", ", ".join(self.notebooks.names()))

    async def _prepare(self) -> None:
        """Before anybody asks: the service of a facility in a folder, and only then kernels, which connect to it."""
        if not self.upstream.is_there:
            return
        if self.upstream.folder is not None:
            # Kernels run in their notebooks' folders, where `./` is no facility.
            os.environ.setdefault("LIMS_FACILITY", self.upstream.place)
            try:
                await self.upstream.client()
            except LimsError as error:
                # A kernel that is kept warm would open the facility itself, and hold it.
                self.log.warning("%s", error)
                return
        await asyncio.wrap_future(self.site)
        self.kernels.fill()

    async def stop_extension(self) -> None:
        self.sweeping.stop()
        self.preparing.cancel()
        await self.kernels.close()
        await self.upstream.close()
