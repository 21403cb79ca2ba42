"""Places in a tree of XML, where one of a kind is a dictionary and several are a list."""

from typing import Any


def below(tree: Any, path: str) -> Any:
    """What stands at a path of names; of several the first; None where there is nothing."""
    for name in path.split("/"):
        tree = tree[0] if isinstance(tree, list) and tree else tree
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def items(tree: Any, path: str) -> list[dict[str, Any]]:
    """All that stand at a path, as a list whether they are one or many."""
    found = below(tree, path)
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]
