"""Which files a run reads and writes.

inside/        runs in the observed program, standard library only
journal.py     the parent's side: what the journal says, as inputs and outputs
strict.py      the same from system calls (strace), for programs of any kind
bootstrap.py   runs a plain script observed
fenced.py      runs a program that can write nowhere but in given folders

A kernel is equipped by evaluating `expression(config)` in it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

INSIDE = Path(__file__).parent / "inside"
PARTS = (
    "scope", "recorder", "overlay", "gate", "audit", "through", "loading", "hdf5", "arrow", "duck", "sqlite",
    "redirect", "observer",
)  # fmt: skip
"""Each imports only those before it."""

LOADER = '''
import sys, types

def install(config):
    name = "_lims_observer"
    if name not in sys.modules:
        package = types.ModuleType(name)
        package.__path__ = []
        sys.modules[name] = package
        for part, text in PARTS:
            module = types.ModuleType(name + "." + part)
            module.__package__ = name
            sys.modules[module.__name__] = module
            exec(compile(text, "<lims observer: " + part + ">", "exec"), vars(module))
            setattr(package, part, module)
    sys.modules[name].observer.install(config)
'''


def source() -> str:
    """A text that, executed in any Python of 3.8 or later, defines install(config)."""
    parts = [(part, (INSIDE / f"{part}.py").read_text(encoding="utf-8")) for part in PARTS]
    return f"PARTS = {parts!r}\n{LOADER}"


def expression(config: Mapping[str, Any]) -> str:
    """A Python expression that installs the observer where it is evaluated, and leaves no name there; it is None."""
    install = f"(lambda names: exec({source()!r}, names) or names['install'](names['read']({json.dumps(config)!r})))"
    return f"{install}({{'read': __import__('json').loads}})"
