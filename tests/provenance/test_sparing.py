import subprocess
import sys

import pytest

from lims.provenance.sparing import without


def test_a_module_is_missing_meanwhile_and_there_afterwards() -> None:
    for name in [one for one in sys.modules if one.partition(".")[0] == "wsgiref"]:
        del sys.modules[name]
    with without("wsgiref", "json"):
        with pytest.raises(ImportError):
            import wsgiref
        import json  # noqa: F401 — it was there before
    import wsgiref.util  # noqa: F401


def test_papermill_is_imported_without_what_it_does_not_need() -> None:
    said = "import sys, lims.provenance.execute as e; print([n for n in ('rfc3987_syntax', 'gcsfs', 'pyarrow')"
    said += " if n in sys.modules]); import gcsfs; e.nbformat.validate(e.nbformat.v4.new_notebook())"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
