"""Who may change a session. Who may see it is one predicate in the catalog."""

from collections.abc import Sequence

from lims.errors import Forbidden
from lims.model import Dataset, Principal, Session


def may_edit(principal: Principal, session: Session) -> bool:
    return principal.is_staff or principal.name in (session.user, session.operator, *session.people)


def check_may_edit(principal: Principal, session: Session) -> None:
    if not may_edit(principal, session):
        raise Forbidden(
            f"Session {session.id} is not yours to change.", hint="Ask the person it belongs to, or the staff."
        )


def check_may_rename(principal: Principal, session: Session, user: str, people: Sequence[str]) -> None:
    """Who is on a session decides who sees it: that is for its user, who logged it, and staff. Anybody may leave."""
    may = principal.is_staff or principal.name in (session.user, session.operator)
    is_leaving = tuple(people) == tuple(one for one in session.people if one != principal.name)
    if not may and (user != session.user or not (is_leaving or tuple(people) == session.people)):
        raise Forbidden(
            f"Only {session.user} and the staff may change who is on session {session.id}.",
            hint="Ask them; you may take yourself off it.",
        )


def check_is_staff(principal: Principal, what: str) -> None:
    if not principal.is_staff:
        raise Forbidden(f"Only staff may {what}.", hint="Ask the staff.")


def check_may_log_for(principal: Principal, user: str) -> None:
    """Only staff log time in somebody else's name."""
    if user != principal.name and not principal.is_staff:
        raise Forbidden(
            f"Only staff may log a session for somebody else ({user}).", hint="Leave the person out to log your own."
        )


def check_may_import_for(principal: Principal, user: str) -> None:
    """Whose the files are, sees them; only staff say that of somebody else."""
    if user != principal.name and not principal.is_staff:
        raise Forbidden(f"Only staff may import files for somebody else ({user}).", hint="Leave the person out.")


def may_correct(principal: Principal, dataset: Dataset, session: Session | None) -> bool:
    """session: the one the dataset is in. A file in none is for the staff, a result for whoever made it."""
    is_mine = dataset.owner == principal.name or (session is not None and may_edit(principal, session))
    return principal.is_staff or is_mine


def check_may_move(principal: Principal, dataset: Dataset, session: Session | None) -> None:
    """session: where a correction of its time takes a dataset, None for nowhere."""
    may = principal.is_staff or (session is not None and may_edit(principal, session))
    if not may:
        raise Forbidden(
            f"{dataset.name} would leave your session, and go to none of yours.",
            hint="Look at the date and the time, or ask the staff.",
        )


def check_may_correct(principal: Principal, dataset: Dataset, session: Session | None) -> None:
    if not may_correct(principal, dataset, session):
        raise Forbidden(
            f"{dataset.name} is not yours to correct.", hint="Ask the person whose session it is, or the staff."
        )
