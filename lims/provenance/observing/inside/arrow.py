"""pyarrow opens files in C++: its functions and classes that take a path are wrapped."""

from __future__ import annotations

import functools
from typing import Any

from .gate import Gate
from .through import entering, replace

CLASSES = {
    "pyarrow.parquet.core": (
        ("ParquetFile", "r", "source"),
        ("ParquetDataset", "r", "path_or_paths"),
        ("ParquetWriter", "w", "where"),
    ),
    "pyarrow.ipc": (
        ("RecordBatchFileReader", "r", "source"),
        ("RecordBatchStreamReader", "r", "source"),
        ("RecordBatchFileWriter", "w", "sink"),
        ("RecordBatchStreamWriter", "w", "sink"),
    ),
}
FUNCTIONS = {
    "pyarrow.feather": (("read_table", "r", 0, "source"), ("write_feather", "w", 1, "dest")),
    "pyarrow.csv": (
        ("read_csv", "r", 0, "input_file"),
        ("open_csv", "r", 0, "input_file"),
        ("write_csv", "w", 1, "output_file"),
    ),
    "pyarrow.json": (("read_json", "r", 0, "input_file"), ("open_json", "r", 0, "input_file")),
    "pyarrow.orc": (("read_table", "r", 0, "source"), ("write_table", "w", 1, "where")),
    "pyarrow": (
        ("input_stream", "r", 0, "source"),
        ("output_stream", "w", 0, "source"),
        ("create_memory_map", "w", 0, "path"),
    ),
    "pyarrow.dataset": (("dataset", "r", 0, "source"), ("write_dataset", "w", 1, "base_dir")),
}
MODULES = (*CLASSES, *FUNCTIONS)


def wrap(gate: Gate, module: Any) -> None:
    name = module.__name__
    for kind, mode, argument in CLASSES.get(name, ()):
        replace(getattr(module, kind), "__init__", entering(gate, "pyarrow", mode), 1, argument)
    for function, mode, position, argument in FUNCTIONS.get(name, ()):
        enter = entering(gate, "pyarrow", mode, is_tree=function == "write_dataset")
        replace(module, function, enter, position, argument)
    if name == "pyarrow":
        wrap_files(gate, module)


def wrap_files(gate: Gate, pyarrow: Any) -> None:
    """Memory maps and plain files, which have a mode."""
    mapping = pyarrow.memory_map

    @functools.wraps(mapping)
    def memory_map(path: Any, mode: str = "r") -> Any:
        __tracebackhide__ = True
        return mapping(entering(gate, "pyarrow", mode)(path), mode)

    class OSFile(pyarrow.OSFile):  # type: ignore[misc]
        def __new__(cls, path: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
            __tracebackhide__ = True
            return super().__new__(cls, entering(gate, "pyarrow", mode)(path), mode, *args, **options)

    OSFile.__doc__, OSFile.__module__ = pyarrow.OSFile.__doc__, pyarrow.OSFile.__module__
    OSFile.__qualname__ = "OSFile"
    pyarrow.memory_map, pyarrow.OSFile = memory_map, OSFile
