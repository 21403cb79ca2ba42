"""PYTHON bootstrap.py CONFIG.json SCRIPT [ARGUMENT…]: run a script as `PYTHON SCRIPT …` does, and observe it.

Standard library only: PYTHON is the one that the script needs, which may hold no jupyter-lims. The observer comes from
the folder beside this file.
"""
# Nothing is imported that Python itself has not imported at its start, as far as that goes.
# ruff: noqa: PTH100, PTH109, PTH118, PTH120, PTH123

from __future__ import annotations

import atexit
import builtins
import importlib
import io
import json
import os
import sys
import types

OWN = (__file__, "<lims observer", os.path.join(os.path.dirname(os.path.abspath(__file__)), "inside"))


def main() -> None:
    config, script = sys.argv[1:3]
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = os.path.dirname(os.path.realpath(script))
    sys.argv = sys.argv[2:]
    observe(config)
    run(script)


def observe(config: str) -> None:
    """Install the observer under a name of its own, so that it is in nobody's way."""
    package = types.ModuleType("_lims_observer")
    package.__path__ = [OWN[2]]
    sys.modules[package.__name__] = package
    with open(config, encoding="utf-8") as file:
        read = json.load(file)
    importlib.import_module("_lims_observer.observer").install(read)
    if "describe" in read:
        describe(*read["describe"])


def describe(describer: str, path: str) -> None:
    """What the script runs in, written at its end. describer: the file environment.py, which runs in any Python."""
    told = types.ModuleType("_lims_environment")
    with io.open_code(describer) as file:
        exec(compile(file.read(), describer, "exec"), vars(told))
    facts = told.describe()

    def tell() -> None:
        with open(path, "w", encoding="utf-8") as file:
            json.dump({**facts, **told.describe_loaded()}, file)

    atexit.register(tell)


def run(script: str) -> None:
    """As the module __main__, in the place of this one. An error is told as if this file were not there."""
    name = script[2:] if script.startswith("./") else script
    path = os.path.join(os.getcwd(), name)
    try:
        with io.open_code(path) as file:
            source = file.read()
    except OSError as error:
        sys.stderr.write(f"{sys.executable}: can't open file {path!r}: [Errno {error.errno}] {error.strerror}\n")
        sys.exit(2)
    sys.modules["_lims_bootstrap"] = sys.modules["__main__"]
    module = sys.modules["__main__"] = as_main(path)
    try:
        exec(compile(source, path, "exec", dont_inherit=True), vars(module))
    except SystemExit:
        raise
    except BaseException:
        tidy_errors()
        raise


def as_main(path: str) -> types.ModuleType:
    module = types.ModuleType("__main__")
    vars(module).update(
        __file__=path,
        __cached__=None,
        __annotations__={},
        __builtins__=builtins,
        __loader__=importlib.machinery.SourceFileLoader("__main__", path),
    )
    return module


def tidy_errors() -> None:
    """Leave our own frames out of what is told of the error."""
    tell = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: types.TracebackType | None) -> None:
        seen: set[int] = set()
        one: BaseException | None = error
        while one is not None and id(one) not in seen:
            seen.add(id(one))
            one.__traceback__ = without_ours(one.__traceback__)
            one = one.__cause__ or one.__context__
        tell(kind, error, error.__traceback__)

    sys.excepthook = hook


def without_ours(trace: types.TracebackType | None) -> types.TracebackType | None:
    kept = []
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(OWN):
            kept.append(trace)
        trace = trace.tb_next
    following = None
    for one in reversed(kept):
        following = types.TracebackType(following, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return following


if __name__ == "__main__":
    main()
