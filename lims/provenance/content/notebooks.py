"""ipynb-1: the source of a notebook's cells."""

import hashlib
import json
from pathlib import Path

from lims.errors import Invalid


def notebook_hash(path: Path) -> str:
    """SHA-256 over the cells' kind and source: outputs, counts and metadata do not matter."""
    sources = json.dumps(notebook_cells(path), ensure_ascii=False)
    return hashlib.sha256(sources.encode()).hexdigest()


def notebook_cells(path: Path) -> list[list[str]]:
    """[kind, source] of each cell. Raises Invalid for what is no notebook."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
        return [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Invalid(
            f"{path.name} is not a notebook.", hint="Open and save it in JupyterLab, then try again."
        ) from error
