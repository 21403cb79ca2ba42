"""From a Hub user or an operating-system user to a principal."""

import getpass
from collections.abc import Iterable

from lims.model import Principal
from lims.settings import AccessTable


def principal_of_hub_user(access: AccessTable, name: str, groups: Iterable[str]) -> Principal:
    memberships = frozenset(groups)
    is_staff = name in access.staff or bool(memberships & frozenset(access.staff_groups))
    return Principal(name, memberships, is_staff)


def principal_of_os_user(access: AccessTable) -> Principal:
    """Without a Hub the person is who the operating system says, renamed by [access.os_users] where listed there."""
    login = getpass.getuser()
    return principal_of_hub_user(access, access.os_users.get(login, login_name()), ())


def login_name() -> str:
    """Who the operating system says we are, in small letters, as JupyterHub knows people."""
    return getpass.getuser().lower()
