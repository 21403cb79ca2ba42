"""The documentation: it builds without a warning, loads nothing from elsewhere, and leaves no extension point out."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lims import plugins
from lims.catalog.search.fields import SPECIAL
from lims.catalog.search.looking_up import HAS, HAS_OF_SESSIONS, IS

ROOT = Path(__file__).parents[2]
LOADED = re.compile(
    r"""<(?:script|img|iframe|source)[^>]+src=["']([^"']+)|<link[^>]+rel="stylesheet"[^>]+href="([^"]+)"""
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d", target / "trees"]
    build = subprocess.run([*command, ROOT / "docs", target / "html"], capture_output=True, check=False, text=True)
    assert build.returncode == 0, build.stderr
    return target / "html"


def test_pages_load_nothing_from_elsewhere(built: Path) -> None:
    pages = list(built.rglob("*.html"))
    loaded = [one or other for page in pages for one, other in LOADED.findall(page.read_text())]
    assert len(loaded) > len(pages)
    assert [address for address in loaded if re.match(r"(https?:)?//", address)] == []


def test_every_command_has_its_help_in_the_reference(built: Path) -> None:
    page = (built / "reference" / "commands.html").read_text()
    for name in ("init", "up", "session-start", "harvest", "search", "lineage", "demo-session"):
        assert f'id="lims-{name}"' in page


def test_every_word_of_the_query_language_is_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "query.md").read_text()
    words = [f"is:{one}" for one in IS] + [f"has:{one}" for one in (*HAS, *HAS_OF_SESSIONS)]
    assert [one for one in words if f"`{one}`" not in page] == []
    assert [one for one in SPECIAL if f"`{one}:" not in page] == []


def test_every_extension_point_is_documented() -> None:
    groups = {value for name, value in vars(plugins).items() if name.isupper() and str(value).startswith("lims.")}
    page = (ROOT / "docs" / "reference" / "extend.md").read_text()
    assert groups
    assert {group for group in groups if f"`{group}`" not in page} == set()
