"""More for the laptop's Hub, for tests only: a second person, as on a facility's server."""

import json
import os
from pathlib import Path

from jupyterhub.proxy import ConfigurableHTTPProxy

c = get_config()  # noqa: F821  (given by traitlets)
up = json.loads(Path(os.environ["LIMS_UP"]).read_text())
c.Authenticator.allowed_users = {up["user"], "r.osei"}
c.JupyterHub.proxy_class = ConfigurableHTTPProxy  # ours would refuse several people
