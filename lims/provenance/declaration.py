"""What a notebook says of itself: title, accepted data, parameters with units, outputs with tolerances, resources.

It stands in the notebook's metadata under "lims"; of a notebook without it, the `parameters` cell says what can be set.
"""

import ast
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, cast, get_args

import lims
from lims.errors import Invalid, NotFound

ParameterKind = Literal["dataset", "text", "integer", "number", "switch", "choice", "list", "numbers", "any"]
KINDS: tuple[str, ...] = get_args(ParameterKind)
TOLERANCES = ("absolute", "relative", "visual")
AMOUNTS = {"memory": r"\d+(\.\d+)? (MB|GB|TB)", "time": r"\d+(\.\d+)? (s|min|h)"}
"""What a notebook says it needs, and how it is written."""
PACKAGE = Path(lims.__file__).parent
LIBRARY = (PACKAGE / "notebooks", PACKAGE.parent / "notebooks")
"""Where our own notebooks lie: inside an installed package, beside it in a checkout."""


@dataclass(frozen=True)
class Parameter:
    """kind: `list` holds texts, `numbers` numbers in `unit`. unit: "" where it is not said, "1" for a plain ratio.

    minimum, maximum: inclusive. required: the default is only a place holder.
    """

    name: str
    kind: ParameterKind = "any"
    default: Any = None
    title: str = ""
    unit: str = ""
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False


@dataclass(frozen=True)
class Output:
    """pattern: of the file's name, as `*_FFT.hspy`; "" where only words were given. title: what it is, in words.

    tolerance: how far a replay may be off and still be the same, by `TOLERANCES`; None where the author does not say.
    """

    pattern: str
    title: str
    tolerance: dict[str, float] | None = None


@dataclass(frozen=True)
class Resources:
    """What to expect for a dataset of the usual size: memory as `1 GB`, time as `1 min`; "" where it is not said."""

    memory: str = ""
    time: str = ""


@dataclass(frozen=True)
class Declaration:
    """accepts: the data it is for, in words. has_cell: whether values can be given."""

    path: Path
    title: str
    summary: str = ""
    accepts: str = ""
    parameters: tuple[Parameter, ...] = ()
    outputs: tuple[Output, ...] = ()
    resources: Resources = field(default_factory=Resources)
    has_cell: bool = True

    @property
    def name(self) -> str:
        return self.path.stem


def find_notebook(name: str) -> Path:
    """A path, or the name of one of our own notebooks. Raises NotFound and lists them."""
    given = Path(name).expanduser()
    if given.is_file():
        return given
    for folder in LIBRARY:
        own = folder / f"{given.name.removesuffix('.ipynb')}.ipynb"
        if own.is_file() and given.parent.name in ("", "notebooks"):
            return own
    names = ", ".join(path.stem for path in own_notebooks())
    raise NotFound(f"There is no notebook {name!r}.", hint=f"Give a path, or one of ours: {names}.")


def own_notebooks() -> list[Path]:
    folder = next((folder for folder in LIBRARY if folder.is_dir()), None)
    return sorted(folder.glob("*.ipynb")) if folder else []


def read_declaration(path: Path) -> Declaration:
    """Raises Invalid for a file that is no notebook, or whose declaration cannot be understood: it names what."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cell = parameters_cell(notebook["cells"])
        declared = notebook["metadata"].get("lims", {})
        return declaration_of(path, declared, cell)
    except OSError as error:
        raise Invalid(f"The notebook {path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid(f"{path} is not a notebook we can read: {error}.") from error


def declaration_of(path: Path, declared: Mapping[str, Any], cell: str | None) -> Declaration:
    """declared: the metadata under "lims". cell: the source of the parameters cell, if there is one."""
    defaults = defaults_of(cell or "")
    listed = declared.get("parameters", {name: {} for name in defaults})
    if not isinstance(listed, dict):
        raise ValueError("its parameters are no object with a name for each")
    return Declaration(
        path=path,
        title=text_of(declared, "title") or path.stem,
        summary=text_of(declared, "summary"),
        accepts=text_of(declared, "accepts"),
        parameters=tuple(parameter_of(name, about, defaults.get(name)) for name, about in listed.items()),
        outputs=outputs_of(declared.get("outputs", [])),
        resources=resources_of(declared.get("resources", {})),
        has_cell=cell is not None,
    )


def text_of(about: Mapping[str, Any], key: str) -> str:
    """ "" where it is not there. Raises ValueError for what is no text."""
    value = about.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"its {key} is {value!r}, which is no text")
    return value


def tolerance_of(declaration: Declaration, file_name: str) -> dict[str, float] | None:
    """The tolerance of the first output whose pattern fits the file's name; None where none was declared."""
    fitting = (one for one in declaration.outputs if one.pattern and fnmatchcase(file_name, one.pattern))
    return next((one.tolerance for one in fitting), None)


def outputs_of(listed: Any) -> tuple[Output, ...]:
    """Each a text, which is only a title, or an object. Raises ValueError."""
    if not isinstance(listed, list):
        raise ValueError("its outputs are no list")
    return tuple(Output("", one) if isinstance(one, str) else output_of(one) for one in listed)


def output_of(about: Any) -> Output:
    if not isinstance(about, dict):
        raise ValueError(f"the output {about!r} is neither a text nor an object with a name and a title")
    name, title = about.get("name"), about.get("title")
    if not (isinstance(name, str) and name and isinstance(title, str) and title):
        raise ValueError(f"the output {name!r} needs a name, such as '*_FFT.hspy', and a title")
    if unknown := [key for key in about if key not in ("name", "title", "tolerance")]:
        raise ValueError(f"the output {name!r} says {unknown[0]!r}; it can say name, title and tolerance")
    return Output(name, title, checked_tolerance(name, about.get("tolerance")))


def checked_tolerance(name: str, given: Any) -> dict[str, float] | None:
    """name: of the output. Raises ValueError for what is no tolerance."""
    if given is None:
        return None
    if not isinstance(given, dict) or not given or not all(key in TOLERANCES for key in given):
        raise ValueError(f"the tolerance of {name!r} is {given!r}; it can say {', '.join(TOLERANCES)}")
    for key, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise ValueError(f"the {key} tolerance of {name!r} is {value!r}; it must be a number that is not negative")
    return {key: float(value) for key, value in given.items()}


def resources_of(about: Any) -> Resources:
    """Raises ValueError for what is neither memory nor time, or not written with a unit."""
    if not isinstance(about, dict) or not all(key in AMOUNTS for key in about):
        raise ValueError(f"its resources are {about!r}; they can say memory and time")
    for key, value in about.items():
        if not isinstance(value, str) or re.fullmatch(AMOUNTS[key], value) is None:
            example = {"memory": "1 GB", "time": "1 min"}[key]
            raise ValueError(f"the {key} it needs is {value!r}; write it as {example!r}")
    return Resources(**about)


def parameters_cell(cells: list[dict[str, Any]]) -> str | None:
    """The source of the cell with papermill's tag."""
    tagged = (cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", ()))
    return next(("".join(cell["source"]) for cell in tagged), None)


def defaults_of(source: str) -> dict[str, Any]:
    """name -> value of each assignment of a plain value; None where it is computed. Empty for another language."""
    try:
        return dict(assigned(ast.parse(source)))
    except SyntaxError:
        return {}


def assigned(module: ast.Module) -> Iterator[tuple[str, Any]]:
    for node in module.body:
        if isinstance(node, ast.Assign):
            yield from ((one.id, literal(node.value)) for one in node.targets if isinstance(one, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, literal(node.value) if node.value else None


def literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def parameter_of(name: str, about: Mapping[str, Any], default: Any) -> Parameter:
    """Raises ValueError for what it cannot be."""
    if not isinstance(about, dict):
        raise ValueError(f"the parameter {name!r} is described by {about!r}, which is no object")
    kind = about.get("kind") or kind_of_value(default)
    if kind not in KINDS:
        raise ValueError(f"the parameter {name!r} has the kind {kind!r}; the kinds are {', '.join(KINDS)}")
    if kind == "choice" and not about.get("choices"):
        raise ValueError(f"the parameter {name!r} is a choice without choices")
    return Parameter(
        name=name,
        kind=cast(ParameterKind, kind),
        default=default,
        title=text_of(about, "title"),
        unit=text_of(about, "unit"),
        choices=tuple(about.get("choices", ())),
        minimum=limit_of(name, about, "minimum"),
        maximum=limit_of(name, about, "maximum"),
        required=bool(about.get("required", kind == "dataset")),
    )


def limit_of(name: str, about: Mapping[str, Any], key: str) -> float | None:
    """Raises ValueError for a limit that is no number."""
    value = about.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError(f"the {key} of the parameter {name!r} is {value!r}, which is no number")
    return value


def kind_of_value(value: Any) -> str:
    """bool before int: in Python the one is also the other."""
    kinds: dict[type, str] = {bool: "switch", int: "integer", float: "number", str: "text"}
    return kinds.get(type(value), "any")
