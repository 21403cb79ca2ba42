"""What may be saved, by whom, and which ways of telling may be chosen."""

from dataclasses import replace

import pytest

from lims.alerts import remove_search, rename_search, save_search, saving, searches_of, set_alert
from lims.alerts.channels import check_webhook
from lims.errors import Conflict, Forbidden, Invalid, NotFound
from lims.model import SYSTEM, Alert, Principal, RequestKey, new_id
from lims.settings import AlertsTable
from tests.alerts.conftest import ADA, BOB, STAFF, Place


def names(place: Place, who: Principal) -> list[str]:
    return [one.name for one in searches_of(place.catalog.view(who))]


def test_a_search_comes_back_as_it_was_saved_and_is_replaced_by_its_name(place: Place) -> None:
    made = save_search(
        place.catalog, ADA, name=" films ", query="haadf", kind="dataset", filters={"format": ["dm3"]}, sort="oldest"
    )
    again = save_search(place.catalog, ADA, name="films", query="bf")
    assert again.id == made.id
    assert (made.name, made.filters, made.sort, made.kind) == ("films", {"format": ("dm3",)}, "oldest", "dataset")
    assert [(one.query, one.filters) for one in searches_of(place.catalog.view(ADA))] == [("bf", {})]
    actions = [one.action for one in place.catalog.view(ADA).history(made.id)]
    assert actions == ["search.save", "search.save"]


def test_each_person_has_searches_of_their_own_and_staff_see_theirs(place: Place) -> None:
    made = save_search(place.catalog, ADA, name="films", query="")
    save_search(place.catalog, BOB, name="films", query="")
    save_search(place.catalog, STAFF, name="all", query="")
    assert (names(place, ADA), names(place, BOB), names(place, STAFF)) == (["films"], ["films"], ["all"])
    for who in (BOB, STAFF):
        with pytest.raises(NotFound):
            rename_search(place.catalog, who, made.id, name="mine")
        with pytest.raises(NotFound):
            remove_search(place.catalog, who, made.id)
        with pytest.raises(NotFound):
            set_alert(place.catalog, place.settings, who, made.id, Alert(page=True))


def test_another_persons_search_and_none_are_told_apart_by_nothing(place: Place) -> None:
    made, absent = save_search(place.catalog, ADA, name="films", query=""), new_id("saved_search")
    said = []
    for one in (made.id, absent):
        with pytest.raises(NotFound) as caught:
            remove_search(place.catalog, BOB, one)
        said.append(str(caught.value).replace(one, ""))
    assert said[0] == said[1]


@pytest.mark.parametrize("name", ["", "  ", "a\nBcc: b", "x" * 81, "a\x00b", "\x1b[2J", "a\u2028b", "\udcff"])
def test_a_name_is_one_line(place: Place, name: str) -> None:
    with pytest.raises(Invalid, match="name of a search"):
        save_search(place.catalog, ADA, name=name, query="")


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({"query": "voltage:>=200nm"}, "voltage"),
        ({"query": "(haadf"}, "at character 1"),
        ({"query": "nosuch:1"}, "There is no field"),
        ({"query": "x" * 10_000}, "10,000 characters"),
        ({"query": "", "sort": "worst"}, "sorted"),
        ({"query": "", "filters": {"nosuch": ["1"]}}, "There is no field"),
        ({"query": "", "filters": {"format": ["x" * 100] * 300}}, "more filters"),
    ],
)
def test_what_cannot_be_asked_is_not_saved(place: Place, about: dict[str, object], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        save_search(place.catalog, ADA, name="a", **about)  # type: ignore[arg-type]
    assert names(place, ADA) == []


def test_there_is_an_end_of_searches(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "MOST_SEARCHES", 2)
    for name in "ab":
        save_search(place.catalog, ADA, name=name, query="")
    with pytest.raises(Conflict, match="2 saved searches"):
        save_search(place.catalog, ADA, name="c", query="")
    save_search(place.catalog, ADA, name="a", query="x")


def test_two_searches_cannot_have_one_name(place: Place) -> None:
    first = save_search(place.catalog, ADA, name="a", query="")
    save_search(place.catalog, ADA, name="b", query="")
    with pytest.raises(Conflict, match="'b' already"):
        rename_search(place.catalog, ADA, first.id, name="b")
    assert rename_search(place.catalog, ADA, first.id, name="c").name == "c"
    assert names(place, ADA) == ["b", "c"]


def test_the_same_request_saves_once_and_removes_once(place: Place) -> None:
    key = RequestKey("k", "save")
    made = [save_search(place.catalog, ADA, name="a", query="", request_key=key) for _ in range(2)]
    assert made[0] == made[1]
    gone = RequestKey("g", "remove")
    assert [remove_search(place.catalog, ADA, made[0].id, request_key=gone).name for _ in range(2)] == ["a", "a"]
    with pytest.raises(NotFound):
        remove_search(place.catalog, ADA, made[0].id)


# --- channels -----------------------------------------------------------------------------------------------------


def test_mail_needs_an_address_in_the_directory_and_a_server(place: Place) -> None:
    for who in (BOB, Principal("eve"), Principal("nobody")):
        with pytest.raises(Invalid, match="no e-mail address"):
            place.saved(who, mail=True)
    place.settings = place.settings.model_copy(update={"mail": None})
    with pytest.raises(Invalid, match="sends no e-mail") as caught:
        place.saved(ADA, mail=True)
    assert "[mail] in facility.toml" in caught.value.hint
    assert place.catalog.view(SYSTEM).search_watches() == []


def test_without_a_word_in_facility_toml_there_are_no_webhooks(place: Place) -> None:
    place.settings = place.settings.model_copy(update={"alerts": AlertsTable()})
    with pytest.raises(Forbidden, match=r"may not be sent to hooks\.example\.org") as caught:
        place.saved(webhook="https://hooks.example.org/x")
    assert '[alerts] webhooks = ["hooks.example.org"]' in caught.value.hint


TABLE = AlertsTable(webhooks=("Hooks.Example.org", "10.0.3.17:8080", "ten.example.org:443", "[::1]:9000"))


@pytest.mark.parametrize(
    "address",
    [
        "https://hooks.example.org/x?y=1",
        "HTTPS://HOOKS.example.org:443/",
        "http://hooks.example.org",
        "http://10.0.3.17:8080/",
        "https://ten.example.org/",
        "http://[::1]:9000/",
    ],
)
def test_an_allowed_host_is_allowed(address: str) -> None:
    check_webhook(TABLE, address)


@pytest.mark.parametrize(
    "address",
    [
        "https://hooks.example.org.evil.org/",
        "https://evil.org/hooks.example.org",
        "https://hooks.example.org@evil.org/",
        "https://evil.org\\@hooks.example.org/",
        "https://hooks.example.org:8443/",
        "https://hooks.example.org./",
        "https://sub.hooks.example.org/",
        "https://user:password@hooks.example.org/",
        "http://10.0.3.17/",
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://localhost:8000/",
        "http://[::1]/",
        "http://[::ffff:10.0.3.17]:8080/",
        "http://169.254.169.254/latest/meta-data",
        "ftp://hooks.example.org/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "hooks.example.org",
        "//hooks.example.org/",
        "https://",
        "https:///x",
        "https://hooks.example.org:99999/",
        "https://hooks.example.org/\r\nX: y",
        "https://hooks.example.org/ x",
        "https://hooks\u3002example.org/",
        "https://hooks.example.org/" + "x" * 1000,
    ],
)
def test_any_other_is_refused(address: str) -> None:
    with pytest.raises((Invalid, Forbidden)):
        check_webhook(TABLE, address)


def test_the_catalog_itself_keeps_one_of_a_name(place: Place) -> None:
    made = save_search(place.catalog, ADA, name="films", query="")
    twice = replace(made, id=new_id("saved_search"))
    with pytest.raises(Conflict):
        place.catalog.write(lambda change: change.put(twice, action="test"), by=SYSTEM)
