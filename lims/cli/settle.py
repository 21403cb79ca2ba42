"""`lims settle`: decide about what waits for a person, and take it back."""

import click

from lims.cli.frame import facility_option, json_option, note, open_facility, print_json
from lims.facility.views import Settled


@click.command("settle")
@click.argument("thing", metavar="ID")
@click.option("--session", metavar="ID", help="Put the files into this session.")
@click.option("--nobody", is_flag=True, help="The files belong to no session.")
@click.option("--dismiss", is_flag=True, help="Seen, and nothing to be done: a file that is broken or gone.")
@click.option("--user", metavar="NAME", help="Whose session is logged, where none was.")
@click.option("--kind", metavar="KIND", help="Which of several things that wait under one id: failed, orphan, missing.")
@click.option("--note", "why", default="", help="Why, for those who see it.")
@click.option("--undo", is_flag=True, help="Take back what was settled.")
@json_option
@facility_option
@click.pass_context
def command(
    ctx: click.Context, thing: str, session: str | None, nobody: bool, dismiss: bool, user: str | None,
    kind: str | None, why: str, undo: bool, as_json: bool,
) -> None:
    """Settle what `lims attention` lists under ID, as it proposes there unless you say otherwise.

    Files that wait together are settled together.
    """
    if sum((session is not None, nobody, dismiss, undo)) > 1:
        raise click.UsageError("Give --session, --nobody, --dismiss or --undo: one of them, or none to accept.")
    facility = open_facility(ctx)
    if undo:
        answer = facility.unsettle(thing, kind)
    else:
        decision = "session" if session else "nobody" if nobody else "dismiss" if dismiss else "accept"
        answer = facility.settle(thing, decision, kind=kind, session=session, user=user, note=why)
    if as_json:
        print_json(answer)
    else:
        tell(answer, is_undone=undo)


def tell(answer: Settled, *, is_undone: bool) -> None:
    click.echo(f"{answer.title}: {answer.text}")
    if not is_undone:
        note(f"To take it back: {answer.hint or f'lims settle {answer.thing} --undo'}")
