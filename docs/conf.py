"""How the documentation is built: Sphinx, MyST, pydata-sphinx-theme; no network, no foreign server."""

import sys
from pathlib import Path

import lims

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "extensions"))

project = "jupyter-lims"
author = "The jupyter-lims developers"
copyright = "the jupyter-lims developers, GPL-3.0-or-later"
version = release = lims.__version__

extensions = ["myst_parser", "from_code"]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = True

html_theme = "pydata_sphinx_theme"
html_title = "jupyter-lims"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
    "use_edit_page_button": False,
    "navigation_with_keys": False,
}
html_sidebars = {"**": ["sidebar-nav-bs"], "index": []}
