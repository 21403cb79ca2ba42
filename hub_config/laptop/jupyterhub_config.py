"""JupyterHub for one person on their own computer, started by `lims up`.

`lims up` names a file in $LIMS_UP that says where everything is: folder, port, hub_port, proxy_port, service_port,
user, password_file, node, proxy, pid (of `lims up`), service_pid (of the service, started together with the Hub),
config (of the site, read last; may be null).
"""

import json
import os
import sys
from pathlib import Path

from lims.service.one_user import LoopbackProxy
from lims.service.parent import die_with_parent

c = get_config()  # noqa: F821  (given by traitlets)
here = Path(__file__).parent
up = json.loads(Path(os.environ["LIMS_UP"]).read_text())
state = Path(up["folder"]) / "run" / "hub"
service_url = f"http://127.0.0.1:{up['service_port']}"
die_with_parent(up["pid"])

# Where it listens, and what it keeps
c.JupyterHub.bind_url = f"http://127.0.0.1:{up['port']}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{up['hub_port']}"
c.JupyterHub.db_url = f"sqlite:///{state / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(state / "cookie_secret")
c.JupyterHub.proxy_class = LoopbackProxy
c.ConfigurableHTTPProxy.command = [up["node"], up["proxy"]]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{up['proxy_port']}"
c.ConfigurableHTTPProxy.pid_file = str(state / "proxy.pid")
c.ConfigurableHTTPProxy.log_level = "warn"

# Who may sign in: one person
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = Path(up["password_file"]).read_text().strip()
c.Authenticator.allowed_users = {up["user"]}

# Their JupyterLab
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(Path.home())
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"] if os.getuid() == 0 else []
c.Spawner.default_url = "/lab"
c.Spawner.http_timeout = 60
c.Spawner.environment = {
    "LIMS_FACILITY": f"{service_url}/services/lims",
    "LIMS_UP": os.environ["LIMS_UP"],
    "JUPYTER_CONFIG_PATH": str(here / "jupyter"),
    # What is done in notebooks is recorded, except where somebody has said `LIMS_CAPTURE=off lims up`.
    "LIMS_CAPTURE": os.environ.get("LIMS_CAPTURE") or "interactive",
}

# The LIMS
c.JupyterHub.services = [
    {
        "name": "lims",
        "url": service_url,
        "command": [sys.executable, "-m", "lims.service.keep", up["folder"], str(up["service_pid"]), str(os.getpid())],
        "environment": {"LIMS_UP": os.environ["LIMS_UP"], "HOME": str(Path.home())},
        "display": False,
    }
]
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", "access:services!service=lims"]},
    {
        # the token inside a person's server and kernels
        "name": "server",
        "scopes": [
            "users:activity!user",
            "access:servers!server",
            "access:services!service=lims",
            "read:users:groups!user",
        ],
    },
]
# Without these JupyterLab's own page token would be refused by the service.
c.Spawner.oauth_client_allowed_scopes = [
    "access:services!service=lims",
    "read:users:groups!user",
    "read:users:name!user",
]

if up["config"]:
    load_subconfig(up["config"])  # noqa: F821  (given by traitlets)
