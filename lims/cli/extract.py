"""lims extract FILE: what is in a file, without any facility."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from lims.cli.options import note, printable
from lims.cli.values import aside, axis_step, quantity
from lims.extractors.companions import group_companions
from lims.extractors.document import document, schema
from lims.extractors.extract import extract_file
from lims.extractors.lean import be_lean
from lims.extractors.outcome import Limits, Outcome
from lims.model import Extraction, Signal, Value

UNREADABLE = 1
SIGNALS_SHOWN = 12
OF_SIGNALS = ("signal_type", "shape", "dtype")
"""Fields that the lines of the signals have said already."""


@click.command("extract")
@click.argument("file", type=click.Path(exists=True, path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@click.option(
    "--preview", type=click.Path(dir_okay=False, path_type=Path), help="Write the picture here (.png or .webp)."
)
@click.option("--schema", "shows_schema", is_flag=True, help="Print the JSON Schema of what --json prints.")
def command(file: Path | None, as_json: bool, preview: Path | None, shows_schema: bool) -> None:
    """Show what is in a file: signals, metadata in common words, the vendor's whole tree.

    Needs no facility. Ends with 1 where the file cannot be read.
    """
    if shows_schema:
        click.echo(json.dumps(schema(), indent=1))
        return
    if file is None:
        raise click.UsageError("Give a FILE.")
    be_lean()
    outcome = in_a_child(lambda: extract_file(file, companions_beside(file), preview=preview))
    for failure in outcome.failed:
        note(f"lims extract: {printable(file.name)}: {failure.step} failed: {printable(failure.reason)}")
    if preview is not None and outcome.preview_size is None and not outcome.failed:
        note(f"lims extract: {printable(file.name)}: no picture: {outcome.blank or 'there is nothing to draw'}")
    if as_json:
        click.echo(json.dumps(document(outcome), ensure_ascii=False, indent=1))
    elif outcome.extraction is not None:
        click.echo(summary(outcome.extraction))
    sys.exit(UNREADABLE if outcome.failed else 0)


def companions_beside(file: Path) -> list[Path]:
    """The files in the same folder that belong to this one."""
    if file.is_dir():
        return []
    names = [entry.name for entry in os.scandir(file.parent) if entry.is_file()]
    group = next((group for group in group_companions(names) if group.main == file.name), None)
    return [file.parent / name for name in group.companions] if group else []


def in_a_child(job: Callable[[], Outcome]) -> Outcome:
    """In a child with limits, which a damaged file may crash; where processes cannot fork (Windows), here."""
    if not hasattr(os, "fork"):
        return job()
    from lims.extractors.child import watch_over  # needs what Windows lacks

    return watch_over(job, Limits())


def summary(found: Extraction) -> str:
    lines = [f"{found.format}, read by {found.extractor} {found.extractor_version}"]
    lines += [f"  {described(signal)}" for signal in found.signals[:SIGNALS_SHOWN]]
    lines += [f"  … and {more} more signals: see --json"] if (more := len(found.signals) - SIGNALS_SHOWN) > 0 else []
    lines += [f"  {name:22} {shown(value)}" for name, value in found.normalised.items() if name not in OF_SIGNALS]
    lines += ["  the vendor's own metadata: see --json"] if found.metadata else []
    lines += [f"  note: {warning}" for warning in found.warnings]
    return "\n".join(map(printable, lines))


def described(signal: Signal) -> str:
    shape = " × ".join(map(str, signal.shape))
    axes = ", ".join(f"{axis.name or '?'} {axis_step(axis.scale, axis.unit)}" for axis in signal.axes)
    return f"{signal.title}: {signal.signal_type or 'signal'} {shape} {signal.dtype} ({axes})"


def shown(value: Value) -> str:
    place = f"   [{value.source}]" if value.source else ""
    told = aside(value)
    return quantity(value) + place + (f" ({told})" if told else "")
