"""Runs with their data as an RO-Crate 1.1 of the profile Process Run Crate 0.5, which repositories understand.

Source: https://www.researchobject.org/workflow-run-crate/profiles/0.5/process_run_crate
Importing this costs two thirds of a CPU second (rocrate): do it only where a crate is written.
"""

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from urllib.parse import quote

from rocrate.model import ContextEntity, Entity
from rocrate.rocrate import ROCrate

from lims.errors import Conflict, Invalid, NotFound
from lims.provenance.environments import as_lock
from lims.provenance.sentences import value_text

PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
TERMS = {
    name: f"https://w3id.org/ro/terms/workflow-run#{name}"
    for name in ("sha256", "environment")
}
"""Of the profile's own vocabulary what we use: with these in the file, nobody has to fetch it to read the crate."""
NOTEBOOK = "application/x-ipynb+json"
STATES = {"done": "http://schema.org/CompletedActionStatus", "failed": "http://schema.org/FailedActionStatus"}
UNFIT = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


@dataclass(frozen=True)
class CrateRun:
    """inputs, outputs: ids of the bundle's datasets; those of edges that name the run are added.

    source: the notebook or script, copied into the crate. software, version: what it ran with, or of an external run
    what made the data. error: of a failed one, a sentence.
    """

    id: str
    name: str
    kind: Literal["notebook", "script", "external"]
    agent: str
    start: datetime
    end: datetime | None = None
    status: Literal["done", "failed"] = "done"
    error: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    software: str = ""
    version: str = ""
    source: Path | None = None
    environment: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class CrateDataset:
    """path: of the file or folder to copy into the crate; without it only described, by its checksum and url."""

    id: str
    name: str
    path: Path | None = None
    sha256: str = ""
    bytes: int | None = None
    format: str = ""
    encoding_format: str = ""
    url: str = ""


@dataclass(frozen=True)
class CrateEdge:
    """input, output: ids of the bundle's datasets. run: "" where no run is known. sentence: for people."""

    input: str
    output: str
    relation: str
    params: Mapping[str, Any] = field(default_factory=dict)
    run: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class CrateBundle:
    """licence: the address of one, or its words; "" says in the crate that none was given."""

    title: str
    runs: tuple[CrateRun, ...] = ()
    datasets: tuple[CrateDataset, ...] = ()
    edges: tuple[CrateEdge, ...] = ()
    licence: str = ""
    description: str = ""
    published: datetime | None = None


def write_crate(folder: Path, bundle: CrateBundle) -> None:
    """Make the folder with all files and `ro-crate-metadata.json`; whole, or not at all.

    Raises Conflict for a folder that is not empty, or a file that is not the one its checksum says; NotFound for a file
    that is gone.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} is there already and not empty.", hint="Name a new folder for the crate.")
    check_files(bundle)
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        described(bundle).write(unfinished)
        check_copies(bundle, unfinished)
        unfinished.chmod(0o755)  # mkdtemp's is for the owner alone
        unfinished.replace(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def described(bundle: CrateBundle) -> ROCrate:
    crate = ROCrate(version="1.1")
    crate.metadata.extra_terms.update(TERMS)
    crate.name = bundle.title
    crate.description = bundle.description or f"Data, and the runs that made them: {bundle.title}"
    crate.datePublished = (bundle.published or datetime.now(UTC)).isoformat(timespec="seconds")
    crate.license = licence(crate, bundle.licence)
    profile = {"@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
    crate.root_dataset["conformsTo"] = crate.add(ContextEntity(crate, PROFILE, profile))
    places = places_of(bundle.datasets)
    data = {one.id: add_dataset(crate, one, places.get(one.id)) for one in bundle.datasets}
    for edge in bundle.edges:
        derive(crate, edge, data)
    actions = [add_run(crate, run, bundle, data) for run in bundle.runs]
    for action in actions:
        crate.root_dataset.append_to("mentions", action, compact=True)
    for person in crate.get_by_type("Person"):
        crate.root_dataset.append_to("author", person, compact=True)
    return crate


def licence(crate: ROCrate, words: str) -> Entity:
    words = words.strip()
    url = re.fullmatch(r"https?://\S+", words)
    said = words or "No licence was given: all rights are reserved"
    about = {"@type": "CreativeWork", "name": said, "description": said}
    return crate.add(ContextEntity(crate, words if url else "#licence", about))


# --- data -------------------------------------------------------------------------------------------------------


def places_of(datasets: Iterable[CrateDataset]) -> dict[str, str]:
    """Where in the crate each copied dataset goes: under its own name, with its id before it where two share one."""
    places: dict[str, str] = {}
    taken: set[str] = set()
    for dataset in datasets:
        if dataset.path is not None:
            name = fit(dataset.name)
            name = name if name.lower() not in taken else f"{fit(dataset.id)}-{name}"
            taken.add(name.lower())
            places[dataset.id] = f"data/{name}"
    return places


def fit(name: str) -> str:
    """A name that is one file's in every system."""
    return UNFIT.sub("_", name).strip(" .")[:200] or "unnamed"


def add_dataset(crate: ROCrate, dataset: CrateDataset, place: str | None) -> Entity:
    """A file or folder of the crate, a file on the web, or only a description of one that lies elsewhere."""
    about: dict[str, Any] = {"name": dataset.name, "identifier": f"urn:lims:{dataset.id}"}
    about |= {"description": dataset.format} if dataset.format else {}
    about |= {"sha256": dataset.sha256} if dataset.sha256 else {}
    about |= {"contentSize": str(dataset.bytes)} if dataset.bytes is not None else {}
    about |= {"encodingFormat": dataset.encoding_format} if dataset.encoding_format else {}
    if place is not None and dataset.path is not None:
        add = crate.add_dataset if dataset.path.is_dir() else crate.add_file
        return add(dataset.path, dest_path=place, properties=about)
    if dataset.url.startswith(("http://", "https://")):
        return crate.add_file(dataset.url, properties=about)
    about |= {"contentUrl": dataset.url} if dataset.url else {}
    return crate.add(ContextEntity(crate, fragment(dataset.id), {"@type": "CreativeWork", **about}))


def derive(crate: ROCrate, edge: CrateEdge, data: Mapping[str, Entity]) -> None:
    """What a dataset was made from and how, said at the dataset; an edge to what is not in the bundle is left out."""
    made, source = data.get(edge.output), data.get(edge.input)
    if made is None or source is None:
        return
    made.append_to("wasDerivedFrom", source, compact=True)
    sentence = edge.sentence or edge.relation
    made["description"] = ". ".join(filter(None, (made.get("description"), sentence)))
    for value in values(crate, f"{edge.output}-from-{edge.input}", edge.params, edge.relation):
        made.append_to("additionalProperty", value, compact=True)


def values(crate: ROCrate, owner: str, given: Mapping[str, Any], what: str) -> Iterator[Entity]:
    """A PropertyValue for each parameter; a number keeps its unit."""
    for name, value in given.items():
        about = {"@type": "PropertyValue", "name": name, "description": f"{what}: {name}"}
        if isinstance(value, Mapping) and set(value) == {"value", "unit"}:
            about |= {"value": plain(value["value"]), "unitText": str(value["unit"])}
        else:
            about["value"] = plain(value)
        yield crate.add(ContextEntity(crate, fragment(f"{owner}-{name}"), about))


def plain(value: Any) -> Any:
    """JSON-LD takes lists and objects for something else, and JSON has no infinity."""
    finite = isinstance(value, int) or (isinstance(value, float) and abs(value) < float("inf"))
    return value if finite else value_text(value)


def fragment(name: str) -> str:
    return f"#{quote(name, safe='')}"


# --- runs -------------------------------------------------------------------------------------------------------


def add_run(crate: ROCrate, run: CrateRun, bundle: CrateBundle, data: Mapping[str, Entity]) -> Entity:
    edges = [edge for edge in bundle.edges if edge.run == run.id]
    read = dict.fromkeys((*run.inputs, *(edge.input for edge in edges)))
    made = dict.fromkeys((*run.outputs, *(edge.output for edge in edges)))
    told = dict.fromkeys(edge.sentence or edge.relation for edge in edges)
    agent = crate.add(ContextEntity(crate, fragment(f"person-{run.agent}"), {"@type": "Person", "name": run.agent}))
    about: dict[str, Any] = {
        "@type": "CreateAction",
        "name": run.name,
        "description": ". ".join(told) or f"{run.name} was run by {run.agent}",
        "startTime": run.start.isoformat(),
        "actionStatus": STATES[run.status],
    }
    about |= {"endTime": run.end.isoformat()} if run.end else {}
    about |= {"error": run.error or "It failed"} if run.status == "failed" else {}
    action = crate.add(ContextEntity(crate, fragment(run.id), about))
    action["agent"] = agent
    action["instrument"] = instrument(crate, run)
    parameters = list(values(crate, f"{run.id}-parameter", run.parameters, run.name))
    for used in (*(data[one] for one in read if one in data), *parameters):
        action.append_to("object", used, compact=True)
    for one in made:
        if one in data:
            action.append_to("result", data[one], compact=True)
    add_environment(crate, run, action)
    return action


def instrument(crate: ROCrate, run: CrateRun) -> Entity:
    """The notebook or script itself where it is at hand, with the software it ran with; else that software."""
    if run.source is None:
        return application(crate, run.software or run.name, run.version)
    text = run.source.read_bytes()
    place = f"code/{hashlib.sha256(text).hexdigest()[:8]}/{fit(run.source.name)}"
    found = crate.dereference(quote(place))
    if found is not None:
        return found
    about = {
        "@type": ["File", "SoftwareSourceCode"],
        "name": run.source.name,
        "encodingFormat": NOTEBOOK if run.kind == "notebook" else "text/plain",
        "version": f"sha256:{hashlib.sha256(text).hexdigest()}",
        "sha256": hashlib.sha256(text).hexdigest(),
    }
    code = crate.add_file(run.source, dest_path=place, properties=about)
    if run.software:
        code["softwareRequirements"] = application(crate, run.software, run.version)
    return code


def application(crate: ROCrate, name: str, version: str) -> Entity:
    about = {"@type": "SoftwareApplication", "name": name, "softwareVersion": version or "unknown"}
    return crate.add(ContextEntity(crate, f"urn:lims:software:{quote(name, safe='')}:{quote(version, safe='')}", about))


def add_environment(crate: ROCrate, run: CrateRun, action: Entity) -> None:
    """All that is known as a file, what pip needs as another, the variables that were set as the profile wants them.

    Without the name of the host, which a crate that is published need not tell.
    """
    if not run.environment:
        return
    told = {key: value for key, value in run.environment.items() if key != "host"}
    text = json.dumps(told, indent=1, sort_keys=True, default=str)
    place = f"environments/{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    files = {"environment.json": (text, "application/json", "What it ran in")}
    with suppress(Invalid):  # a package that pip cannot be told of
        files["requirements.txt"] = (as_lock(run.environment), "text/plain", "Its packages, as pip takes them")
    for name, (content, encoding, title) in files.items():
        about = {"name": title, "encodingFormat": encoding}
        action.append_to(
            "subjectOf",
            crate.dereference(f"{place}/{name}")
            or crate.add_file(StringIO(content), dest_path=f"{place}/{name}", properties=about),
            compact=True,
        )
    variables = values(crate, f"{run.id}-variable", run.environment.get("variables", {}), "environment variable")
    for variable in variables:
        action.append_to("environment", variable, compact=True)


# --- files ------------------------------------------------------------------------------------------------------


def check_files(bundle: CrateBundle) -> None:
    named = [(one.name, one.path) for one in bundle.datasets] + [(one.name, one.source) for one in bundle.runs]
    for name, path in named:
        if path is None:
            continue
        if not path.exists():
            raise NotFound(f"{name} cannot be put into the crate: {path} is gone.")
        if path.is_dir() and any(inside.is_symlink() for inside in path.rglob("*")):
            raise Conflict(f"{name} cannot be put into the crate: {path} has links to files elsewhere.")


def check_copies(bundle: CrateBundle, folder: Path) -> None:
    """A copy is hashed, not the original: that may be written to while it is copied."""
    places = places_of(bundle.datasets)
    for dataset in bundle.datasets:
        copy = folder / PurePosixPath(places.get(dataset.id, ""))
        if dataset.sha256 and dataset.id in places and copy.is_file():
            with copy.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != dataset.sha256:
                raise Conflict(
                    f"{dataset.name} has changed since its checksum was written down.",
                    hint="Leave it out, or let the catalog read it anew first.",
                )
