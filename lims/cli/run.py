"""`lims run`: a notebook, a script or a program, with provenance."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import click

from lims.cli.frame import facility_option, facility_place, json_option, note, print_facts, print_json, printable
from lims.errors import Invalid
from lims.facility.origins import RunView
from lims.facility.running import How, close_at, run_notebook, run_script
from lims.facility.served import served
from lims.provenance.declaration import Declaration, find_notebook, own_notebooks, read_declaration
from lims.provenance.values import expected
from lims.provenance.watch import CellStep

SECONDS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}


@click.command("run")
@click.argument("notebook", required=False)
@click.argument("rest", nargs=-1, metavar="[OUTPUT | ARGUMENTS…]")
@click.option("-p", "--parameter", "parameters", nargs=2, multiple=True, metavar="NAME VALUE", help="Set a parameter.")
@click.option("--list", "as_list", is_flag=True, help="List our own notebooks and what they take.")
@click.option("--kernel", default="", help="The kernel to run it in [default: the notebook's own].")
@click.option("--limit", metavar="TIME", help="Stop it after so long, e.g. 30m or 2h.")
@click.option("--memory", metavar="SIZE", help="The most memory that each of its processes may take, e.g. 4GB.")
@click.option("--strict", "is_strict", is_flag=True, help="Trace system calls, so that every read and write is seen.")
@click.option("--input", "inputs", multiple=True, metavar="ID", help="A dataset that it reads, if nobody can see.")
@click.option("--output", "outputs", multiple=True, metavar="NAME", help="A file that it writes: a name or a pattern.")
@json_option
@facility_option
@click.pass_context
def command(
    ctx: click.Context,
    notebook: str | None,
    rest: tuple[str, ...],
    parameters: tuple[tuple[str, str], ...],
    as_list: bool,
    kernel: str,
    limit: str | None,
    memory: str | None,
    is_strict: bool,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    as_json: bool,
) -> int:
    """Run NOTEBOOK (a path, or the name of one of ours) and keep where its results came from.

    The executed notebook is kept with the run, and left at OUTPUT too where that is given. A Python script, or another
    program, is run with ARGUMENTS (after --, where they begin with a dash); what it prints is kept with the run.
    """
    if as_list:
        return list_notebooks(as_json)
    if notebook is None:
        raise click.UsageError("Which notebook? `lims run --list` shows ours.")
    source = find_notebook(notebook)
    is_notebook = source.suffix.lower() == ".ipynb"
    if is_notebook and len(rest) > 1:
        raise click.UsageError(f"A notebook takes no arguments ({rest[1]!r}); give parameters with -p NAME VALUE.")
    if not is_notebook and parameters:
        raise click.UsageError("Only notebooks take parameters; give a script its arguments after its name.")
    progress: Callable[[CellStep], None] = (lambda step: None) if as_json else say_step
    left = Path(rest[0]) if is_notebook and rest else None
    how = How(
        left, kernel, seconds(limit), size(memory), is_strict, inputs, outputs, progress=progress
    )
    with served(facility_place(ctx)) as (facility, address):
        close_at(facility, address, note)
        if is_notebook:
            done = run_notebook(facility, address, source, once_each(parameters), how)
        else:
            done = run_script(facility, address, source, rest, how, sys.stderr.buffer)
    if as_json:
        print_json(document_of(done))
    else:
        print_run(done)
    return 0 if done.status == "done" else 1


def once_each(parameters: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Raises Invalid for a parameter that is given twice: one of the two is a mistake."""
    given = dict(parameters)
    for name in given:
        if sum(one == name for one, _ in parameters) > 1:
            raise Invalid(f"The parameter {name!r} is given twice.", hint="Give it once.")
    return given


def seconds(text: str | None) -> float | None:
    """Raises Invalid for what is no time."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)?", text)
    if found is None or float(found[1]) <= 0:
        raise Invalid(f"{text!r} is not a time.", hint="Write it as 90s, 30m or 2h.")
    return float(found[1]) * SECONDS[found[2] or ""]


def size(text: str | None) -> int | None:
    """Raises Invalid for what is no amount of memory."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kMGT]?)i?B?", text)
    if found is None or float(found[1]) <= 0:
        raise Invalid(f"{text!r} is not an amount of memory.", hint="Write it as 500MB or 4GB.")
    return int(float(found[1]) * 1000 ** " kMGT".index(found[2] or " "))


def say_step(step: CellStep) -> None:
    note(f"[{step.number}/{step.total}] {printable(step.title)}")


def document_of(run: RunView) -> dict[str, object]:
    return {
        "run": run.run,
        "status": run.status,
        "inputs": run.inputs,
        "outputs": run.outputs,
        "notebook": run.executed,
        "parameters": run.parameters,
        "error": run.error,
        "doubts": [one.text for one in run.doubts],
    }


def print_run(run: RunView) -> None:
    facts: list[tuple[str, object]] = [("run", run.run), ("status", run.status)]
    facts += [("input", f"{one.id}  {one.name}") for one in run.inputs]
    facts += [("output", f"{one.id}  {one.name}") for one in run.outputs]
    print_facts([*facts, ("notebook" if run.details.kind == "notebook" else "log", run.executed)])
    for one in run.doubts:
        note(printable(f"In doubt: {one.text}"))
    if any(one.relation for one in run.doubts):
        note(f"Say which is right: lims settle-run {run.run}")
    if run.error:
        note(printable(run.error))
        note(f"What it did until then is kept: lims show {run.run}, and its output: lims get {run.executed} --to DIR")


def list_notebooks(as_json: bool) -> int:
    declared = [read_declaration(path) for path in own_notebooks()]
    if as_json:
        print_json([{"name": one.name, "title": one.title, "summary": one.summary, "accepts": one.accepts,
                     "parameters": one.parameters, "outputs": one.outputs, "resources": one.resources}
                    for one in declared])  # fmt: skip
        return 0
    for one in declared:
        print_declaration(one)
    return 0


def print_declaration(one: Declaration) -> None:
    click.echo(f"{one.name}  {one.title}")
    click.echo(f"    for      {one.accepts}")
    wide = max((len(output.pattern) for output in one.outputs), default=0)
    for number, output in enumerate(one.outputs):
        click.echo(f"    {'' if number else 'makes':8} {f'{output.pattern:{wide}}  ' if wide else ''}{output.title}")
    memory = f"{one.resources.memory} of memory" if one.resources.memory else ""
    if memory or one.resources.time:
        click.echo(f"    needs    {', '.join(filter(None, (memory, one.resources.time)))}")
    for parameter in one.parameters:
        default = parameter.default
        words = default if isinstance(default, list) else [{True: "yes", False: "no"}.get(default, default)]
        shown = ", ".join(map(str, words))
        told = "" if parameter.required or not shown else f" [{shown}]"
        click.echo(f"    -p {parameter.name}  {parameter.title or parameter.name}: {expected(parameter)}{told}")
