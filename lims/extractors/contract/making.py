"""A new package with one extractor that keeps all promises, to begin from."""

import re
from importlib.resources import files
from pathlib import Path
from string import Template

from lims.errors import Conflict, Invalid

FILES = {
    "pyproject.toml": "pyproject.toml.in",
    "README.md": "README.md.in",
    "src/{module}/__init__.py": "extractor.py.in",
    "tests/test_contract.py": "test_contract.py.in",
}
"""{place in the package: template}. A template is text with $name and $module in it."""


def make_package(name: str, folder: Path) -> list[Path]:
    """Write the package `name` into `folder`, which must be new or empty; answers with what was written.

    Raises Invalid for a name that no module can have, Conflict where there is something in the folder.
    """
    module = name.replace("-", "_")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", module) or len(module) > 40:
        raise Invalid(f"{name!r} cannot be a module's name.", hint="Small letters, digits and _: my_camera")
    if folder.exists() and any(folder.iterdir()):
        raise Conflict(f"{folder} is not empty.", hint="Give a folder that is new.")
    written = []
    for place, template in FILES.items():
        text = (files(__package__) / "template" / template).read_text(encoding="utf-8")
        target = folder / place.format(module=module)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template(text).substitute(name=name, module=module), encoding="utf-8")
        written.append(target)
    sample = folder / "samples" / f"first.{module}"
    sample.parent.mkdir()
    sample.write_bytes(sample_of(module))
    return [*written, sample]


def sample_of(module: str) -> bytes:
    """A picture of 24 × 32 uint16 in the format that the template reads: lines of text, an empty one, pixels."""
    lines = [f"{module.upper()} 1", "size = 32 24", "pixel_nm = 0.5", "voltage_kv = 200", "operator = Ada Å."]
    lines += ["time = 2026-11-25T10:00:00", "", ""]
    pixels = b"".join((100 * x + y * y).to_bytes(2, "little") for y in range(24) for x in range(32))
    return "\n".join(lines).encode() + pixels
