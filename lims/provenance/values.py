"""From what a person wrote on the command line to the values a notebook is run with."""

import ast
import json
import math
import re
from collections.abc import Mapping
from typing import Any

import pint

from lims.errors import Invalid
from lims.provenance.declaration import Declaration, Parameter, ParameterKind

QUANTITY = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([^\d\s,:\[\](){}][^,:\[\](){}]*)")
NO_UNIT = ("", "1")
SWITCH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def check_values(declaration: Declaration, given: Mapping[str, str]) -> dict[str, Any]:
    """The values for a run from what a person wrote, each of its parameter's kind and in its unit.

    Raises Invalid for an unknown parameter, a missing one, or a value of another kind, unit or range.
    """
    known = {parameter.name: parameter for parameter in declaration.parameters}
    if given and not declaration.has_cell:
        raise Invalid(
            f"{declaration.name} takes no parameters: it has no cell with the tag `parameters`.",
            hint="Tag the cell that sets them, in JupyterLab: property inspector, Cell Tags.",
        )
    unknown = [name for name in given if name not in known]
    if unknown:
        raise Invalid(
            f"{declaration.name} has no parameter {unknown[0]!r}.", hint=f"It has: {', '.join(known) or 'none'}."
        )
    missing = [one.name for one in declaration.parameters if one.required and not given.get(one.name)]
    if missing:
        raise Invalid(f"{declaration.name} needs the parameter {missing[0]!r}.", hint=f"Add: -p {missing[0]} VALUE")
    return {name: value_of(known[name], text) for name, text in given.items()}


def value_of(parameter: Parameter, text: str) -> Any:
    """Raises Invalid and says what was expected."""
    try:
        value = PARSERS[parameter.kind](parameter, text)
    except (ValueError, KeyError, pint.PintError) as error:
        raise Invalid(f"The parameter {parameter.name} cannot be {text!r}: it is {expected(parameter)}.") from error
    if not in_range(parameter, value):
        raise Invalid(f"The parameter {parameter.name} cannot be {text!r}: it is {expected(parameter)}.")
    return value


def in_range(parameter: Parameter, value: Any) -> bool:
    """Each of several numbers has to be."""
    low = -math.inf if parameter.minimum is None else parameter.minimum
    high = math.inf if parameter.maximum is None else parameter.maximum
    unbounded = (low, high) == (-math.inf, math.inf)
    return unbounded or all(low <= one <= high for one in (value if isinstance(value, list) else [value]))


def as_number(parameter: Parameter, text: str) -> float:
    """A bare number is in the parameter's unit. Raises ValueError for one that is not finite."""
    try:
        number = float(text)
    except ValueError:
        units: Any = pint.get_application_registry()  # type: ignore[no-untyped-call]
        unit = "dimensionless" if parameter.unit in NO_UNIT else parameter.unit
        number = float(units.Quantity(text).to(unit).magnitude)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not finite")
    return number


def as_list(parameter: Parameter, text: str) -> list[str]:
    """`Fe, Cr, Ni`, also in brackets or quotes. A part may be empty; of nothing the list is empty."""
    parts = [part.strip().strip("\"'").strip() for part in unbracketed(text).split(",")]
    if wrong := [part for part in parts if parameter.choices and part not in parameter.choices]:
        raise ValueError(f"{wrong[0]} is no choice")
    return parts if any(parts) else []


def as_numbers(parameter: Parameter, text: str) -> list[float]:
    """`2, 2, 0` or `[2, 2, 0]`; each may have a unit of its own, as `0.4 keV, 450 eV`."""
    inner = unbracketed(text)
    return [as_number(parameter, part.strip()) for part in inner.split(",")] if inner else []


def unbracketed(text: str) -> str:
    """Without the brackets around the whole; those of `[220], [200]` stay."""
    bare = text.strip()
    whole = bare.startswith("[") and bare.endswith("]") and bare.count("[") == 1
    return bare[1:-1].strip() if whole else bare


def as_choice(parameter: Parameter, text: str) -> str:
    return parameter.choices[parameter.choices.index(text)]


PARSERS: dict[ParameterKind, Any] = {
    "dataset": lambda parameter, text: text,
    "text": lambda parameter, text: text,
    "integer": lambda parameter, text: int(text),
    "number": as_number,
    "switch": lambda parameter, text: SWITCH[text.lower()],
    "choice": as_choice,
    "list": as_list,
    "numbers": as_numbers,
    "any": lambda parameter, text: anything(text),
}


def expected(parameter: Parameter) -> str:
    """What a value must be, in words: `a number in nm, from 0.1 to 5`."""
    unit = "" if parameter.unit in NO_UNIT else f" in {parameter.unit}"
    parts = f" of {', '.join(parameter.choices)}" if parameter.choices else ""
    words = {
        "dataset": "the id of a dataset",
        "text": "text",
        "integer": "a whole number",
        "number": f"a number{unit}",
        "switch": "yes or no",
        "choice": f"one of {', '.join(parameter.choices)}",
        "list": f"a list with commas{parts}",
        "numbers": f"numbers{unit} with commas between them",
        "any": "a value",
    }[parameter.kind]
    low = f", at least {parameter.minimum:g}" if parameter.minimum is not None else ""
    high = f", at most {parameter.maximum:g}" if parameter.maximum is not None else ""
    return words + low + high


def param_value(text: str) -> Any:
    """What a person said of an operation: a number with its unit as {value, unit}, else what Python makes of it."""
    found = QUANTITY.fullmatch(text.strip())
    if found is None:
        return anything(text)
    number = float(found[1])
    return {"value": int(number) if number.is_integer() and "e" not in found[1].lower() else number, "unit": found[2]}


def anything(text: str) -> Any:
    """What Python or JSON would make of it, else the text itself."""
    for parse in (ast.literal_eval, json.loads):
        try:
            return parse(text)
        except (ValueError, SyntaxError):
            continue
    return text
