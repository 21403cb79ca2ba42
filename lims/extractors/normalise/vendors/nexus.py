"""NeXus: what a thing is called is up to the file, what it is says its @NX_class.

Source: the NeXus base classes, and NXem for microscopes. Fields are in whatever unit their @units says.
"""

from collections.abc import Callable, Iterator
from typing import Any

from lims.extractors.normalise.elements import of_formula
from lims.extractors.normalise.nodes import node, only, same
from lims.extractors.normalise.rules import Rule, apply
from lims.extractors.normalise.times import from_iso
from lims.model import Value
from lims.model.vocabulary import FIELDS

Read = Callable[[Any], Any]

OPTICS = ("NXoptical_system_em", "NXem_optical_system", "NXoptical_system", "NXem_column", "NXebeam_column")
ENTRIES = ("NXentry", "NXsubentry")
KNOWN: tuple[tuple[str, tuple[str, ...], tuple[str, ...], Read], ...] = (
    ("title", ENTRIES, ("title", "experiment_alias"), only),
    ("start_time", ENTRIES, ("start_time",), lambda value: from_iso(only(value))),
    ("end_time", ENTRIES, ("end_time",), lambda value: from_iso(only(value))),
    ("experiment_id", ENTRIES, ("experiment_identifier", "identifier_experiment", "proposal_identifier"), only),
    ("experiment_id", ENTRIES, ("collection_identifier", "entry_identifier"), only),
    ("operator", ("NXuser",), ("name", "username"), only),
    ("affiliation", ("NXuser",), ("affiliation",), only),
    ("instrument_name", ("NXinstrument", "NXem_instrument"), ("name",), only),
    ("instrument_vendor", ("NXfabrication", "NXmanufacturer"), ("vendor",), only),
    ("instrument_model", ("NXfabrication", "NXmanufacturer"), ("model",), only),
    ("location", ("NXinstrument", "NXem_instrument"), ("location",), only),
    ("location", ("NXsource",), ("name",), only),
    ("sample_id", ("NXsample",), ("identifier_sample", "sample_id", "name", "description"), only),
    ("elements", ("NXsample", "NXsample_component"), ("chemical_formula",), lambda value: of_formula(only(value))),
    ("temperature", ("NXsample",), ("temperature",), same),
    ("detector_name", ("NXdetector",), ("local_name", "description", "name"), only),
    ("detector_type", ("NXdetector",), ("type",), only),
    ("exposure_time", ("NXdetector",), ("count_time", "exposure_time"), same),
    ("dwell_time", ("NXscan_controller", "NXscanbox_em"), ("dwell_time",), same),
    ("magnification", OPTICS, ("magnification",), same),
    ("camera_length", OPTICS, ("camera_length",), same),
    ("working_distance", OPTICS, ("working_distance",), same),
    ("defocus", OPTICS, ("defocus",), same),
    ("convergence_semi_angle", OPTICS, ("semi_convergence_angle",), same),
    ("probe_current", OPTICS, ("probe_current",), same),
    ("operation_mode", OPTICS, ("operation_mode",), only),
)
"""(field, classes, names of a field in such a group, how it is read)."""

IN_WORDS = {
    "seconds": "s", "second": "s", "sec": "s", "milliseconds": "ms", "kelvin": "K", "c": "°C", "celsius": "°C",
    "deg c": "°C", "ev": "V", "kev": "kV", "degree": "deg", "degrees": "deg", "radian": "rad", "a": "amp",
}  # fmt: skip
"""Units that files spell otherwise than our table; an electron's energy is the voltage that gave it."""
ASSUMED = {"exposure_time": "s", "magnification": ""}
"""Units of numbers that have none, where NeXus files mean the same thing everywhere."""
SOURCE_FIELDS = (
    ("acceleration_voltage", "voltage"),
    ("acceleration_voltage", "energy"),
    ("source_type", "emitter_type"),
    ("emission_current", "emission_current"),
    ("extraction_voltage", "extraction_voltage"),
)


def nexus(tree: dict[str, Any]) -> dict[str, Value]:
    groups = list(classed(tree, ()))
    rules: list[Rule] = []
    for field, classes, names, read in KNOWN:
        for name in names:
            rules += [rule for path, group in groups if group["@NX_class"] in classes
                      for rule in leaf(field, (*path, name), group.get(name), read)]  # fmt: skip
    rules += electrons(groups)
    found = apply(rules, tree)
    return {field: value for field, value in found.items() if value.unit == FIELDS[field]}


def classed(tree: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every group that has a class, the outer before the inner."""
    for name, member in tree.items():
        if isinstance(member, dict) and not name.startswith(("@", "#")):
            kind = member.get("@NX_class")
            kind = kind[0] if isinstance(kind, list) and len(kind) == 1 else kind
            if isinstance(kind, str):
                yield (*path, name), member | {"@NX_class": kind}
            yield from classed(member, (*path, name))


def leaf(field: str, path: tuple[str, ...], value: Any, read: Read) -> Iterator[Rule]:
    """The rule for one dataset. A number whose unit is not known says nothing."""
    if value is None or (isinstance(value, dict) and "#value" not in value):
        return
    unit = value.get("@units") if isinstance(value, dict) else None
    unit = only(unit) if unit is not None else ASSUMED.get(field, "?")
    ending = ("#value",) if isinstance(value, dict) else ()
    yield Rule(field, "/".join((*path, *ending)), IN_WORDS.get(str(unit).strip().lower(), str(unit)), read)


def electrons(groups: list[tuple[tuple[str, ...], dict[str, Any]]]) -> Iterator[Rule]:
    """What a source says of electrons: one in an electron column, or one that probes with them and is no ring."""
    columns = [path for path, group in groups if group["@NX_class"] == "NXebeam_column"]
    for path, group in groups:
        if group["@NX_class"] not in ("NXsource", "NXebeam_column", "NXelectronsource"):
            continue
        in_column = any(path[: len(column)] == column for column in columns)
        probe = group.get("probe")
        probe = probe.get("#value") if isinstance(probe, dict) else probe
        probes = str(probe).strip().lower() == "electron" and "ring" not in str(group.get("type")).lower()
        if in_column or probes:
            for field, name in SOURCE_FIELDS:
                yield from leaf(field, (*path, name), group.get(name), only)


CXI = (
    *node("title", "*/title"),
    *node("start_time", "*/start_time", read=from_iso),
    *node("end_time", "*/end_time", read=from_iso),
    *node("experiment_id", "*/experiment_identifier"),
)


def cxi(tree: dict[str, Any]) -> dict[str, Value]:
    """CXI has NeXus' words without its classes: entry_1/sample_1/name. Source: the CXI file format."""
    rules = list(CXI)
    entries = [name for name, part in tree.items() if name.startswith("entry_") and isinstance(part, dict)]
    for entry in entries:
        for name in tree[entry]:
            field = {"sample": "sample_id", "instrument": "instrument_name"}.get(name.partition("_")[0])
            rules += node(field, f"{entry}/{name}/name") if field else ()
    return apply(rules, tree)
