"""`papermill --engine lims`: what papermill finds of us.

Everybody's `import papermill` in this Python imports this module, so it imports nothing before a notebook is run.
"""

from typing import Any


class Engine:
    """An engine as papermill asks for one."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **options: Any) -> Any:
        from lims.facility.running.papermill_engine import execute_notebook

        return execute_notebook(nb, kernel_name, **options)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> Any:
        return usual().nb_kernel_name(nb, name)

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> Any:
        return usual().nb_language(nb, language)


def usual() -> Any:
    """papermill imports us while it is being imported itself."""
    from papermill.engines import NBClientEngine

    return NBClientEngine
