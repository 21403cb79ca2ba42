from dataclasses import dataclass


@dataclass(frozen=True)
class Principal:
    """Who asks. Comes from the Hub's token or from the operating system, never from the request."""

    name: str
    groups: frozenset[str] = frozenset()
    is_staff: bool = False


SYSTEM = Principal("lims", is_staff=True)
"""The harvest and the maintenance jobs: they see everything and are named as such in the audit."""
