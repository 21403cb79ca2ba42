"""`lims extractors`: which readers of files there are; a new one, held to what all promise, and adopted."""

from collections import Counter
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import click

from lims.cli.frame import facility_option, json_option, note, open_facility, print_json, print_table, printable
from lims.cli.harvest import with_progress, workers_option
from lims.errors import NotFound
from lims.extractors.contract import Verdict, check, extractors_of, samples_of
from lims.extractors.contract.making import make_package
from lims.plugins import Extractor, extractors

SHOWN = 40
DIFFERENT = 1


@click.group("extractors")
def command() -> None:
    """Which readers of files there are; make, test and adopt new ones."""


@command.command("list")
@json_option
def list_all(as_json: bool) -> None:
    """List the extractors in the order in which they are asked, with their formats."""
    listed = [
        {"name": one.name, "version": one.version, "package": package_of(one), "formats": list(one.formats)}
        for one in extractors()
    ]
    if as_json:
        print_json(listed)
        return
    rows = [(one["name"], one["version"], one["package"], ", ".join(one["formats"])) for one in listed]
    print_table(("NAME", "VERSION", "PACKAGE", "FORMATS"), rows)


def package_of(extractor: Extractor) -> str:
    top = type(extractor).__module__.partition(".")[0]
    return next(iter(packages_distributions().get(top, ())), top)


@command.command("new")
@click.argument("name")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), required=False)
def new(name: str, folder: Path | None) -> None:
    """Make a package NAME with one extractor that keeps all promises, in FOLDER (by default ./NAME)."""
    where = folder or Path(name)
    for file in make_package(name, where):
        click.echo(printable(file))
    note(f"Hold it to what every extractor promises: lims extractors test {printable(where)}")


@command.command("test")
@click.argument("package")
@click.argument("samples", nargs=-1, type=click.Path(exists=True, path_type=Path))
@json_option
def test(package: str, samples: tuple[Path, ...], as_json: bool) -> int:
    """Hold the extractors of PACKAGE to what every extractor promises.

    PACKAGE: a project's folder, an installed package, module:object, or an extractor's name. SAMPLES: files of its
    format, by default those in its folder `samples`. Ends with 1 where a promise is broken.
    """
    verdicts = list(spoken(verdicts_on(package, samples), quiet=as_json))
    broken = [one for one in verdicts if one.broken]
    if as_json:
        print_json(verdicts)
    note(f"{len(verdicts) - len(broken)} of {len(verdicts)} promises are kept.")
    return 1 if broken else 0


def verdicts_on(package: str, samples: tuple[Path, ...]) -> Iterator[Verdict]:
    """Raises NotFound where there is no sample: an untried extractor has kept no promise."""
    for extractor in extractors_of(package):
        tried = samples_of(package, extractor, samples)
        if not tried:
            hint = "Put small real files into its folder `samples`, or name them after PACKAGE; it has to sniff them."
            raise NotFound(f"There is no sample for the extractor {extractor.name}.", hint=hint)
        yield from check(extractor, tried)


def spoken(verdicts: Iterator[Verdict], *, quiet: bool) -> Iterator[Verdict]:
    """The verdicts, each said as it comes, under the name of its sample."""
    last = None
    for one in verdicts:
        if not quiet:
            if (one.extractor, one.sample) != last:
                click.echo(printable(f"{one.extractor}: {one.sample}" if one.sample else one.extractor))
            click.echo(printable(f"  {'✗' if one.broken else '✓'} {one.promise}"))
            if one.broken:
                click.echo(printable(f"      {one.broken}"))
        last = one.extractor, one.sample
        yield one


@command.command("diff")
@click.argument("query", required=False)
@click.option("--all", "everything", is_flag=True, help="All datasets, not only those another version has read.")
@click.option("--adopt", is_flag=True, help="Keep what is said now; what people corrected stays.")
@workers_option
@json_option
@facility_option
@click.pass_context
def diff(
    ctx: click.Context, query: str | None, everything: bool, adopt: bool, workers: int | None, as_json: bool
) -> int:
    """Show what the extractors installed now, and the corrections in facility.toml, would say otherwise.

    By default of the datasets that another version of an extractor has read; else of those that QUERY finds, or --all.
    Nothing is changed without --adopt. Ends with 1 where something is different and was not adopted.
    """
    if query and everything:
        raise click.UsageError("Give a QUERY, or --all: one of them.")
    facility = open_facility(ctx)
    what = {"query": query or "", "all": everything, "adopt": adopt} | ({"workers": workers} if workers else {})
    found = with_progress(facility, lambda: facility.compare_extractors(**what))
    if as_json:
        print_json(found)
    else:
        print_comparison(found)
    return DIFFERENT if found["different"] and not adopt else 0


def print_comparison(found: dict[str, Any]) -> None:
    for readers, count in found["readers"].items():
        before, _, now = readers.partition(" → ")
        click.echo(printable(f"{count} datasets: {f'{now}, as before' if before == now else readers}"))
    rows = [row for one in found["differences"][:SHOWN] for row in rows_of(one)]
    if rows:
        print_table(("WHAT", "NEW", "GONE", "OTHER", "FOR EXAMPLE"), rows)
    left_out = len(found["differences"]) - SHOWN
    if left_out > 0:
        parts = Counter(one["part"] for one in found["differences"][SHOWN:])
        note(f"and {left_out} more ({', '.join(f'{count} {part}s' for part, count in parts.items())}): see --json")
    for one in found["failed"]:
        note(printable(f"stays as it is: {one['key']}: {one['reason']}"))
    note(summary_of(found))


def rows_of(one: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    example = one["examples"][0]
    told = f"{example['name']}: {example['before'] or '(nothing)'} → {example['after'] or '(nothing)'}"
    yield one["name"], one["added"] or "", one["removed"] or "", one["changed"] or "", told


def summary_of(found: dict[str, Any]) -> str:
    told = f"{found['compared']} datasets compared, {len(found['different'])} different, {found['same']} the same"
    if found["adopted"]:
        return f"{told}; {found['adopted']} adopted."
    return f"{told}. Nothing was changed" + ("; to keep it: --adopt" if found["different"] else "") + "."
