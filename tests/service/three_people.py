"""More for the laptop's Hub, for tests only: several people, and a service that makes them and their tokens."""

import json
import os
from pathlib import Path

from jupyterhub.proxy import ConfigurableHTTPProxy

c = get_config()  # noqa: F821  (given by traitlets)
up = json.loads(Path(os.environ["LIMS_UP"]).read_text())
c.Authenticator.allowed_users = {up["user"], "ada", "bob", "cy"}
c.JupyterHub.proxy_class = ConfigurableHTTPProxy  # ours would refuse several people
c.JupyterHub.services.append({"name": "keeper", "api_token": "k" * 64})
c.JupyterHub.load_roles.append(
    {"name": "keeper", "scopes": ["admin:users", "tokens", "admin:servers"], "services": ["keeper"]}
)
