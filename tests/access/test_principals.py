"""One person is the same to the Hub and to the operating system."""

import getpass

import pytest

from lims.access import login_name, principal_of_hub_user, principal_of_os_user
from lims.settings import AccessTable


def test_a_login_with_capitals_is_the_same_person_in_browser_and_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "Alice")
    access = AccessTable(staff=[login_name()])
    assert principal_of_os_user(access) == principal_of_hub_user(access, "alice", ())
    assert principal_of_os_user(access).is_staff


def test_a_site_may_rename_its_logins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "PC-USER")
    assert principal_of_os_user(AccessTable(os_users={"PC-USER": "m.keller"})).name == "m.keller"
