"""Who asks, and who may change what. Policy only: it knows no storage."""

from lims.access.principals import login_name, principal_of_hub_user, principal_of_os_user
from lims.access.rules import (
    check_is_staff,
    check_may_correct,
    check_may_edit,
    check_may_import_for,
    check_may_log_for,
    check_may_move,
    check_may_rename,
    may_correct,
    may_edit,
)

__all__ = [
    "check_is_staff",
    "check_may_correct",
    "check_may_edit",
    "check_may_import_for",
    "check_may_log_for",
    "check_may_move",
    "check_may_rename",
    "login_name",
    "may_correct",
    "may_edit",
    "principal_of_hub_user",
    "principal_of_os_user",
]
