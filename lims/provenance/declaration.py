"""What a notebook says of itself: title, accepted data, parameters with units, outputs.

It stands in the notebook's metadata under "lims"; of a notebook without it, the `parameters` cell says what can be set.
"""

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

import lims
from lims.errors import Invalid, NotFound

ParameterKind = Literal["dataset", "text", "integer", "number", "switch", "choice", "any"]
KINDS: tuple[str, ...] = get_args(ParameterKind)
PACKAGE = Path(lims.__file__).parent
LIBRARY = (PACKAGE / "notebooks", PACKAGE.parent / "notebooks")
"""Where our own notebooks lie: inside an installed package, beside it in a checkout."""


@dataclass(frozen=True)
class Parameter:
    """unit: of a number, "" for none. minimum, maximum: inclusive. required: the default is only a place holder."""

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
class Declaration:
    """accepts: the data it is for; outputs: what it saves; both in words. has_cell: whether values can be given."""

    path: Path
    title: str
    summary: str = ""
    accepts: str = ""
    parameters: tuple[Parameter, ...] = ()
    outputs: tuple[str, ...] = ()
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
    """Raises Invalid for a file that is no notebook, or whose declaration cannot be understood."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cell = parameters_cell(notebook["cells"])
        declared = notebook["metadata"].get("lims", {})
        defaults = defaults_of(cell or "")
        listed = declared.get("parameters", {name: {} for name in defaults})
        parameters = tuple(parameter_of(name, about, defaults.get(name)) for name, about in listed.items())
    except OSError as error:
        raise Invalid(f"The notebook {path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid(f"{path} is not a notebook we can read: {error}.") from error
    return Declaration(
        path=path,
        title=declared.get("title", path.stem),
        summary=declared.get("summary", ""),
        accepts=declared.get("accepts", ""),
        parameters=parameters,
        outputs=tuple(declared.get("outputs", ())),
        has_cell=cell is not None,
    )


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
    kind = about.get("kind") or kind_of_value(default)
    if kind not in KINDS:
        raise ValueError(f"the parameter {name!r} has the kind {kind!r}; the kinds are {', '.join(KINDS)}")
    return Parameter(
        name=name,
        kind=cast(ParameterKind, kind),
        default=default,
        title=about.get("title", ""),
        unit=about.get("unit", ""),
        choices=tuple(about.get("choices", ())),
        minimum=about.get("minimum"),
        maximum=about.get("maximum"),
        required=bool(about.get("required", kind == "dataset")),
    )


def kind_of_value(value: Any) -> str:
    """bool before int: in Python the one is also the other."""
    kinds: dict[type, str] = {bool: "switch", int: "integer", float: "number", str: "text"}
    return kinds.get(type(value), "any")
