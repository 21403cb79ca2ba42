"""The Jupyter server extension: dashboards at {base}/lims/dashboards, the LIMS's API at {base}/lims/api."""

from lims.jupyter.server.extension import LimsExtension


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    return [{"module": "lims.jupyter.server", "app": LimsExtension}]
