"""From a notebook to the snippets of a page, by Voilà's renderer."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_server.utils import url_path_join
from traitlets.config import Config
from voila.configuration import VoilaConfiguration
from voila.notebook_renderer import NotebookRenderer
from voila.paths import collect_static_paths, collect_template_paths
from voila.utils import get_page_config, get_voila_labextensions_path

from lims.errors import Unavailable
from lims.jupyter.server.assets import Assets
from lims.jupyter.server.bundle import BUNDLE, bundle_of
from lims.jupyter.server.notebooks import Notebooks

OWN = Path(__file__).parent / "page"
STATIC = Path(__file__).parents[1] / "static"
TEMPLATE = "lab"
HEARTBEAT_S = 10.0
HEARTBEAT = "<!-- still working -->\n"
OUTPUT_S = 60
"""So long after its cell an output may come, or it is left out; the usual four seconds are few on a busy machine."""
CELL_FAILED = "This part of the page could not be made; the log of your server says why. Reload the page to try again."


class KernelDied(Unavailable):
    def __init__(self) -> None:
        super().__init__("The program behind this page has stopped.", hint="It may have needed too much memory.")


@dataclass(frozen=True)
class Site:
    """What all pages share, made once when the server starts.

    address: of the static files, without the version. page_config: what the page's scripts read.
    """

    assets: Assets
    address: str
    page_config: dict[str, Any]
    voila: VoilaConfiguration
    template_paths: list[str]
    traits: Config

    def url(self, name: str) -> str:
        return url_path_join(self.address, self.assets.version, name)


def make_site(serverapp: Any, address: str, extensions: list[str]) -> Site:
    """extensions: names of the prebuilt JupyterLab extensions that the pages load, and no others."""
    voila = VoilaConfiguration(
        parent=serverapp, template=TEMPLATE, allow_template_override="NO", allow_theme_override="NO",
        strip_sources=True, show_tracebacks=False, attempt_fix_notebook=True, extension_allowlist=extensions,
    )
    assets = Assets(roots_of(extensions))
    assets.made[BUNDLE] = bundle_of(assets)
    assets.read(BUNDLE)
    traits = Config(serverapp.config)
    traits.VoilaExecutor.setdefault("cell_error_instruction", CELL_FAILED)
    traits.VoilaExecutor.setdefault("iopub_timeout", OUTPUT_S)
    templates = [str(OWN), *collect_template_paths(["voila", "nbconvert"], TEMPLATE)]
    return Site(assets, address, page_config_of(serverapp, voila, url_path_join(address, assets.version)), voila,
                templates, traits)


def roots_of(extensions: list[str]) -> dict[str, list[Path]]:
    static = [Path(one) for one in collect_static_paths(["voila", "nbconvert"], TEMPLATE)]
    roots = {"voila": [one for one in static if one.is_dir()], "own": [OWN / "static", STATIC]}
    for name in extensions:
        folders = [Path(one) / name / "static" for one in get_voila_labextensions_path()]
        roots[f"ext/{name}/static"] = [one for one in folders if one.is_dir()]
    return roots


def page_config_of(serverapp: Any, voila: VoilaConfiguration, files: str) -> dict[str, Any]:
    settings = serverapp.web_app.settings
    config: dict[str, Any] = get_page_config(
        base_url=settings["base_url"], settings=settings, log=serverapp.log, voila_configuration=voila
    )
    config["fullStaticUrl"] = url_path_join(files, "voila")
    config["fullLabextensionsUrl"] = url_path_join(files, "ext")
    # The text "null" makes the page use its own copy of MathJax; anything else is fetched from a public address.
    config["limsApi"] = url_path_join(settings["base_url"], "lims/api")
    config["fullMathjaxUrl"] = config["mathjaxConfig"] = "null"
    return config


def renderer_of(site: Site, handler: Any, notebooks: Notebooks, name: str) -> NotebookRenderer:
    return NotebookRenderer(
        request_handler=handler,
        voila_configuration=site.voila,
        traitlet_config=site.traits,
        notebook_path=f"{name}.ipynb",
        template_paths=site.template_paths,
        config_manager=handler.config_manager,
        contents_manager=notebooks,
        base_url=handler.base_url,
        kernel_spec_manager=handler.kernel_spec_manager,
        page_config=site.page_config,
        mathjax_config="null",
        mathjax_url="null",
    )


async def with_heartbeat(snippets: AsyncIterator[tuple[str, Any]], died: asyncio.Event) -> AsyncIterator[str]:
    """The snippets, and a sign of life in between: proxies give up on a silent answer.

    died: set when the kernel has ended; nobody else tells the renderer, which would wait for ever.
    Raises KernelDied.
    """
    dead = asyncio.ensure_future(died.wait())
    try:
        while True:
            step = asyncio.ensure_future(anext(snippets))
            while not (await asyncio.wait({step, dead}, timeout=HEARTBEAT_S, return_when="FIRST_COMPLETED"))[0]:
                yield HEARTBEAT
            if not step.done():
                step.cancel()
                raise KernelDied()
            try:
                yield step.result()[0]
            except StopAsyncIteration:
                return
    finally:
        dead.cancel()
