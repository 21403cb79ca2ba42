"""The service behind a really started Hub: who gets in, and that one person finds nothing of another's."""

import json
from typing import Any
from urllib.parse import quote, unquote

import pytest

from lims.facility.operations import OPERATIONS
from tests.filled import HOSTILE, SECRETS, Filled
from tests.service.conftest import Answer, Hub

API = "services/lims/api"
UNKNOWN = {
    "session": "ses-0000000000",
    "record": "rec-0000000000",
    "dataset": "dat-0000000000",
    "run": "run-0000000000",
    "event": "evt-0000000000",
    "search": "sav-0000000000",
}


def test_the_root_answers_the_hub_without_asking_who_it_is_and_tells_nothing(hub: Hub) -> None:
    answer = hub.ask("services/lims/")
    assert answer.status == 200
    assert set(json.loads(answer.text)) == {"service", "api"}


def test_a_good_token_is_its_person(hub: Hub) -> None:
    me = json.loads(hub.ask(f"{API}/me", hub.token_of("ada")).text)
    assert (me["name"], me["is_staff"]) == ("ada", False)


@pytest.mark.parametrize("name", OPERATIONS)
def test_nobody_gets_in_without_a_good_token(hub: Hub, name: str) -> None:
    verb, path, body = asked(name, hub.filled)
    none = hub.ask(path, verb=verb, body=body)
    bad = hub.ask(path, "0" * 32, verb=verb, body=body)
    assert (none.status, none.error["kind"]) == (401, "Forbidden")
    assert (bad.status, bad.error["kind"]) == (403, "Forbidden")
    assert none.error["hint"]
    assert not leaks(none, hub.filled)
    assert not leaks(bad, hub.filled)


def test_a_token_without_the_scope_for_the_service_is_refused(hub: Hub) -> None:
    assert hub.ask(f"{API}/me", hub.token_of("ada", ["read:users:name!user"])).status == 403


def test_the_token_of_another_service_is_nobody_here(hub: Hub) -> None:
    assert hub.ask(f"{API}/me", hub.keeper).status == 403


def test_uploads_want_a_token_too(hub: Hub) -> None:
    assert hub.ask(f"{API}/uploads", verb="PUT", body="x").status == 401


def test_what_only_staff_may_do_is_forbidden_to_others(hub: Hub) -> None:
    answer = hub.ask(f"{API}/harvest", hub.token_of("bob"), verb="POST", body={"all": True})
    assert (answer.status, answer.error["kind"]) == (403, "Forbidden")
    for verb, path in (("GET", ""), ("GET", "/progress"), ("POST", "/verify"), ("POST", "/rebuild")):
        answer = hub.ask(f"{API}/catalog{path}", hub.token_of("bob"), verb=verb, body={} if verb == "POST" else None)
        assert (answer.status, answer.error["kind"]) == (403, "Forbidden"), path
    answer = hub.ask(f"{API}/harvest/cancel", hub.token_of("bob"), verb="POST", body={})
    assert (answer.status, answer.error["kind"]) == (403, "Forbidden")


def test_the_person_themselves_finds_all_of_it(hub: Hub) -> None:
    """Else the next test could not fail."""
    token = hub.token_of("ada")
    found = hub.ask(f"{API}/search?query={quote('Zirconium-secret')}&facets=project,sample", token)
    page = json.loads(found.text)
    assert page["total"] == 3  # two records and a picture
    assert page["facets"]["project"][0]["value"] == "AM-12-secret"
    for name in ("record", "session", "dataset", "metadata", "preview", "content", "lineage", "history", "location"):
        verb, path, body = asked(name, hub.filled)
        assert hub.ask(path, token, verb=verb, body=body).status == 200, name


@pytest.mark.parametrize("name", OPERATIONS)
def test_another_person_finds_nothing_of_it_by_any_route(hub: Hub, name: str) -> None:
    verb, path, body = asked(name, hub.filled, quote(str(hub.folder / "store" / "Titan_TEM" / HOSTILE)))
    answer = hub.ask(path, hub.token_of("bob"), verb=verb, body=body)
    assert not leaks(answer, hub.filled, echoed=path + json.dumps(body)), answer.text
    unknown = Filled(**{**vars(hub.filled), **UNKNOWN})
    verb, other_path, other_body = asked(name, unknown, quote(str(hub.folder / "store" / "Titan_TEM" / "no.tif")))
    if (path, body) != (other_path, other_body):
        never_there = hub.ask(other_path, hub.token_of("bob"), verb=verb, body=other_body)
        assert answer.status == never_there.status
        assert same_words(answer.text, hub.filled) == same_words(never_there.text, unknown)


def same_words(text: str, filled: Filled) -> str:
    """An answer without what the question itself named."""
    for thing in (*vars(filled).values(), json.dumps(HOSTILE, ensure_ascii=False)[1:-1], "no.tif"):
        text = text.replace(thing, "THING")
    return text


def leaks(answer: Answer, filled: Filled, echoed: str = "") -> list[str]:
    """Words of ada's in an answer, but for the ids that the question itself named."""
    named = unquote(echoed)
    return [word for word in (*SECRETS, *vars(filled).values()) if word in answer.text and word not in named]


QUERY = {
    "search": "query=Zirconium-secret&facets=instrument,user,project,sample,format,state",
    "locate": "path={file}",
    "reservations": "instrument=titan",
    "sessions": "user=ada",
    "resting_on": "instrument=titan",
    "look_import": "project=AM-12-secret&name=data",
}
BODY: dict[str, Any] = {
    "start_session": {"instrument": "fib", "title": "bob's own", "at": "2020-01-01T10:00Z", "end": "2020-01-01T11:00Z"},
    "note_session": {"text": "mine now"},
    "edit_note": {"text": "mine now"},
    "edit_session": {"changes": {"user": "bob"}},
    "harvest": {"session": "{session}"},
    "settle": {"thing": "{dataset}"},
    "cancel_harvest": {"ticket": "ada's"},
    "verify_index": {},
    "rebuild_index": {},
    "thumbnails": {"ids": ["{dataset}"]},
    "correct_value": {"value": "bob's own"},
    "save_search": {"name": "bob's own", "query": "Zirconium"},
    "rename_search": {"name": "bob's own"},
    "set_alert": {"page": True},
    "mark_seen": {},
    "begin_run": {"notebook": "bob.ipynb"},
    "record_read": {"dataset": "{dataset}"},
    "finish_run": {"status": "done"},
    "save_derived": {"upload": "0" * 32, "name": "x.bin", "parents": ["{dataset}"]},
    "import_derived": {"upload": "0" * 32, "name": "x.bin", "parents": ["{dataset}"], "relation": "FFT"},
    "settle_relation": {"decision": "reject"},
    "mark_bad": {"reason": "bob's own"},
    "keep_replay": {"reproduced": True},
    "known_bytes": {"hashes": ["0" * 64]},
    "begin_import": {"project": "AM-12-secret", "name": "data"},
    "import_file": {
        "folder": "AM-12-secret/data", "path": "x.txt", "upload": "0" * 32, "sha256": "",
        "modified": "2020-01-01T10:00Z",
    },
    "finish_import": {"store": "imported", "folder": "AM-12-secret/data", "project": "AM-12-secret"},
    "relate": {"output": "{dataset}", "input": "{dataset}", "relation": "made up"},
}


def asked(name: str, filled: Filled, file: str = "film.tif") -> tuple[str, str, Any]:
    """Verb, address and body of an operation on ada's things."""
    operation = OPERATIONS[name]
    things = {
        **vars(filled), "thing": filled.record, "instrument": "titan", "tag": "seen", "field": "title", "name": "x.png",
        "first": filled.dataset, "second": filled.dataset, "other": filled.run, "sha256": "0" * 64,
        "relation": "rel-0000000000", "replay": "rpl-0000000000",
    }
    path = operation.path.format(**things)
    body = BODY.get(name, {}) if operation.verb in ("POST", "PATCH") or name in BODY else None
    told = json.dumps(body)
    for kind, thing in things.items():
        told = told.replace(f"{{{kind}}}", thing)
    query = QUERY.get(name, "").format(file=file)
    return operation.verb, f"{API}{path}" + (f"?{query}" if query else ""), json.loads(told)
