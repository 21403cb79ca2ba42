"""`python -m lims.service.openapi`: the API's description on stdout, the same for the same code."""

import json
import sys
from pathlib import Path
from typing import Any

from lims.errors import Unavailable
from lims.model import Principal
from lims.service.app import create_app


def document() -> str:
    described = create_app(nothing_behind, Path()).openapi()
    described["info"]["version"] = "0"  # the version of the software is not the API's
    return json.dumps(described, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def nothing_behind(principal: Principal, operation: str, arguments: dict[str, Any]) -> Any:
    raise Unavailable("This is only a description.")


if __name__ == "__main__":
    sys.stdout.write(document())
