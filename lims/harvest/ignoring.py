"""Which files a site does not want: patterns as in a .gitignore, from the folder where an instrument's files begin."""

from collections.abc import Callable, Sequence
from functools import cache


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """What says of a path whether the patterns leave it out; of a folder, when it ends in `/`."""
    return compiled(tuple(patterns)) if patterns else lambda _: False


@cache
def compiled(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    from pathspec import GitIgnoreSpec  # 60 ms that most facilities never need

    spec = GitIgnoreSpec.from_lines(patterns)
    # Its expressions take a line's end for the path's.
    return lambda path: spec.match_file(path.replace("\n", "\N{SYMBOL FOR NEWLINE}"))
