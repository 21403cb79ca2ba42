"""`lims searches`: searches under names, and being told what is new for them."""

import click

from lims.cli.frame import facility_option, json_option, local_time, note, open_facility, print_json, print_table
from lims.errors import NotFound
from lims.facility.facility import Facility
from lims.model import SavedSearchView


@click.group("searches")
@facility_option
def command() -> None:
    """Keep searches under names, and hear of new datasets that match.

    \b
    lims searches save "high voltage" 'voltage:>=200kV haadf'
    lims searches alert "high voltage" --page --mail
    lims searches list
    """


@command.command("list")
@json_option
@facility_option
@click.pass_context
def list_searches(ctx: click.Context, as_json: bool) -> None:
    """Your saved searches, and what is new for each."""
    found = open_facility(ctx).searches()
    if as_json:
        print_json(found)
        return
    if found:
        print_table(("NAME", "NEW", "TOLD", "LAST", "SEARCH"), [row_of(one) for one in found])
    for one in found:
        tell_troubles(one)
    note("New ones: lims searches seen NAME" if any(one.unread for one in found) else f"{len(found)} saved")


def row_of(one: SavedSearchView) -> tuple[object, ...]:
    chosen = [f"{field}: {', '.join(values)}" for field, values in one.filters.items()]
    what = "; ".join(part for part in (one.query, *chosen) if part)
    return (one.name, one.unread or "", ways_of(one), local_time(one.until), what)


def ways_of(one: SavedSearchView) -> str:
    """In words; "" where the alert is off."""
    return ", ".join(
        word for word, is_on in (("page", one.page), ("mail", one.mail), ("webhook", bool(one.webhook))) if is_on
    )


def tell_troubles(one: SavedSearchView) -> None:
    if one.trouble:
        note(f"{one.name}: it cannot be asked any more: {one.trouble} Save it anew, or remove it.")
    for waiting in one.deliveries:
        if waiting.reason:
            again = f"tried again at {local_time(waiting.due)}"
            note(f"{one.name}: by {waiting.channel} it could not be told: {waiting.reason} ({again})")


# A word may begin with a minus (-blank), so no option here has a short form that it could be taken for.
@command.command("save", context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("name")
@click.argument("query", nargs=-1, type=click.UNPROCESSED)
@click.option("--kind", type=click.Choice(["record", "dataset"]), default="record", help="What it lists.")
@click.option("--sort", default="newest", show_default=True, help="newest, oldest, name, largest or smallest.")
@json_option
@facility_option
@click.pass_context
def save(ctx: click.Context, name: str, query: tuple[str, ...], kind: str, sort: str, as_json: bool) -> None:
    """Keep QUERY as NAME; one of that name is replaced, and its alert stays as it is."""
    tell(open_facility(ctx).save_search(name, " ".join(query), kind=kind, sort=sort), "saved", as_json=as_json)


@command.command("rename")
@click.argument("name")
@click.argument("new_name")
@json_option
@facility_option
@click.pass_context
def rename(ctx: click.Context, name: str, new_name: str, as_json: bool) -> None:
    """Give NAME another name."""
    facility = open_facility(ctx)
    tell(facility.rename_search(named(facility, name).id, new_name), "renamed", as_json=as_json)


@command.command("remove")
@click.argument("name")
@json_option
@facility_option
@click.pass_context
def remove(ctx: click.Context, name: str, as_json: bool) -> None:
    """Remove NAME, with its alert."""
    facility = open_facility(ctx)
    tell(facility.remove_search(named(facility, name).id), "removed", as_json=as_json)


@command.command("alert")
@click.argument("name")
@click.option("--page", is_flag=True, help="Count what is new in the record browser and in `lims searches list`.")
@click.option("--mail", is_flag=True, help="Send an e-mail to your address in the directory.")
@click.option("--webhook", metavar="URL", default="", help="POST what is new to this address, signed.")
@click.option("--off", is_flag=True, help="Tell nothing more, and forget what was told.")
@json_option
@facility_option
@click.pass_context
def alert(
    ctx: click.Context, name: str, page: bool, mail: bool, webhook: str, off: bool, as_json: bool
) -> None:
    """Say how you hear of new datasets that match NAME: all the ways that you name, and no others.

    What matches already is not new.
    """
    if off == (page or mail or bool(webhook)):
        raise click.UsageError("Give --page, --mail, --webhook URL, or several of them; or --off.")
    facility = open_facility(ctx)
    answer = facility.set_alert(named(facility, name).id, page=page, mail=mail, webhook=webhook)
    tell(answer, f"told by {ways_of(answer)}" if not off else "told no more", as_json=as_json)
    if answer.secret and not as_json:
        note(f"Messages are signed with this secret: {answer.secret}")


@command.command("seen")
@click.argument("name")
@json_option
@facility_option
@click.pass_context
def seen(ctx: click.Context, name: str, as_json: bool) -> None:
    """Print the ids of what is new for NAME, the newest first; it is new no more then."""
    facility = open_facility(ctx)
    found = named(facility, name)
    facility.mark_seen(found.id, until=found.until)
    if as_json:
        print_json(found)
        return
    for one in found.newest:
        click.echo(one)
    if found.unread > len(found.newest):
        note(f"and {found.unread - len(found.newest):,} older ones: see them with lims search")


def named(facility: Facility, name: str) -> SavedSearchView:
    """By its name or its id. Raises NotFound."""
    for one in facility.searches():
        if name in (one.name, one.id):
            return one
    raise NotFound(f"You have saved no search {name!r}.", hint="See yours with: lims searches list")


def tell(answer: SavedSearchView, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{answer.name}: {what}")
