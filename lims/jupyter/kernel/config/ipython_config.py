"""Where the environment says LIMS_CAPTURE=interactive, as in our Hub, what notebooks do is recorded from their start.

Installed as etc/ipython/ipython_config.py, which IPython reads at the start of each kernel of this Python.
"""

import os

c = get_config()  # type: ignore[name-defined]  # noqa: F821  (given by traitlets)
if os.environ.get("LIMS_CAPTURE") == "interactive":
    c.InteractiveShellApp.extensions.append("lims")
