"""Messages arrive, once in good days and never not at all; what is wrong with one is there to see."""

import hashlib
import hmac
import json
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lims.alerts import Alerts, outbox, save_search, set_alert
from lims.model import SYSTEM, Alert, Dataset, SavedSearch, new_id
from lims.settings import AlertsTable, MailTable
from tests.alerts.conftest import ADA, BOB, START, Place
from tests.alerts.receivers import Hook, MailSink, running


def told_by(place: Place, hook: Hook, **about: object) -> SavedSearch:
    return place.saved(webhook=f"http://{hook.host}/lims?room=3", **about)


def configured(place: Place, **tables: object) -> None:
    """The same facility after somebody has changed its facility.toml and started it again."""
    place.settings = place.settings.model_copy(update=tables)
    place.alerts = Alerts(place.catalog, place.settings)


# --- by e-mail ----------------------------------------------------------------------------------------------------


def test_new_files_of_a_few_minutes_are_one_letter(place: Place, sink: MailSink) -> None:
    session = place.session(ADA)
    place.saved(mail=True, query="voltage:>1kV")
    for number in range(5):
        place.files(*(f"{number}-{one}.dm3" for one in range(10)), session=session)
        place.look()
    assert place.deliver(timedelta(seconds=60)) == 0, "it is gathered for two minutes"
    assert place.deliver() == 1
    (letter,) = sink.letters
    assert (letter["Subject"], letter["To"]) == ("50 new files: films", "ada@example.org")
    assert letter["From"] == "lims@example.org"
    text = letter.get_content()
    assert "0-0.dm3" in text
    assert "… and 30 more." in text
    assert "https://hub.example.org/records?record=dat-" in text
    assert "voltage:>1kV" in text
    assert place.catalog.view(SYSTEM).search_notices() == []
    assert place.deliver() == 0


def test_what_is_only_sent_is_not_unread_in_the_page(place: Place) -> None:
    place.saved(mail=True)
    place.files("a.dm3", session=place.session(ADA))
    place.look()
    assert place.shown().unread == 0
    (waiting,) = place.shown().deliveries
    assert (waiting.channel, waiting.attempts, waiting.reason) == ("mail", 0, "")


def test_a_file_name_and_a_search_cannot_write_headers(place: Place, sink: MailSink) -> None:
    place.saved(mail=True, query='dm3 OR "x\nBcc: eve@example.org"')
    place.files("x\r\nBcc: eve@example.org\r\n\r\n.\r\ndm3", session=place.session(ADA))
    place.look()
    place.deliver()
    (letter,) = sink.letters
    assert set(letter.keys()) >= {"From", "To", "Subject", "Date", "Message-ID"}
    assert "Bcc" not in letter
    assert [one for one in sink.said if one.startswith("rcpt")] == ["rcpt TO:<ada@example.org>"]
    assert "x  Bcc: eve@example.org    .  dm3" in letter.get_content()


def test_a_mailbox_that_is_refused_is_a_reason_and_tried_later_and_later(place: Place, sink: MailSink) -> None:
    place.saved(mail=True)
    place.files("a.dm3", session=place.session(ADA))
    place.look()
    sink.refuses = True
    waits = []
    for _ in range(3):
        (due,) = [one.due for one in place.shown().deliveries]
        assert place.alerts.outbox.deliver(due) == 0
        waits.append(place.shown().deliveries[0].due - due)
    assert waits == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    (failed,) = place.shown().deliveries
    assert failed.attempts == 3
    assert "550 no such mailbox here" in failed.reason
    sink.refuses = False
    assert place.deliver() == 1
    assert place.shown().deliveries == ()


def test_a_server_that_is_away_is_a_reason(place: Place, sink: MailSink) -> None:
    place.saved(mail=True)
    place.files("a.dm3", session=place.session(ADA))
    place.look()
    sink.server_close()
    assert place.deliver() == 0
    assert "did not take it" in place.shown().deliveries[0].reason


def test_a_facility_that_sends_no_mail_any_more_says_so(place: Place) -> None:
    place.saved(mail=True)
    place.files("a.dm3", session=place.session(ADA))
    place.look()
    configured(place, mail=None)
    place.deliver()
    assert "sends no e-mail any more" in place.shown().deliveries[0].reason


@pytest.fixture
def certified(tmp_path: Path) -> Iterator[tuple[MailSink, Path]]:
    """A mail server with TLS and the file of its own certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "key.pem").write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "own.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "key.pem")
    server = MailSink(context)
    with running(server):
        yield server, tmp_path / "own.pem"


@pytest.mark.parametrize("kept_in", ["file", "variable", "nowhere"])
def test_a_password_goes_to_a_server_that_is_known(
    place: Place, certified: tuple[MailSink, Path], monkeypatch: pytest.MonkeyPatch, kept_in: str
) -> None:
    server, certificate = certified
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.delenv("LIMS_MAIL_PASSWORD", raising=False)
    file = None
    if kept_in == "file":
        file = Path("mail-password")
        (place.folder / file).write_text("s3cret\n")
    elif kept_in == "variable":
        monkeypatch.setenv("LIMS_MAIL_PASSWORD", "s3cret")
    table = MailTable(host="localhost", port=server.port, user="lims", password_file=file, **{"from": "l@example.org"})
    configured(place, mail=table)
    place.saved(mail=True)
    place.files("a.dm3", session=place.session(ADA))
    place.look()
    assert place.deliver() == (0 if kept_in == "nowhere" else 1)
    if kept_in == "nowhere":
        assert "password of the mail server is not known" in place.shown().deliveries[0].reason
    else:
        assert any(one.startswith("AUTH PLAIN") for one in server.said)
        assert len(server.letters) == 1


def test_a_server_that_nobody_vouches_for_gets_no_password(place: Place, certified: tuple[MailSink, Path]) -> None:
    server, _ = certified
    table = MailTable(host="localhost", port=server.port, user="lims", **{"from": "lims@example.org"})
    configured(place, mail=table)
    place.saved(mail=True)
    place.files("a.dm3", session=place.session(ADA))
    place.look()
    assert place.deliver() == 0
    assert "certificate" in place.shown().deliveries[0].reason
    assert not any(one.startswith("AUTH") for one in server.said)


# --- by webhook ---------------------------------------------------------------------------------------------------


def test_a_webhook_gets_signed_json_with_what_is_new(place: Place, hook: Hook) -> None:
    told_by(place, hook, query="dm3")
    ids = place.files("a.dm3", "b.dm3", session=place.session(ADA))
    place.look()
    assert place.deliver() == 1
    (post,) = hook.script.posts
    told = json.loads(post.body)
    assert post.path == "/lims?room=3"
    assert (told["search"]["name"], told["search"]["query"], told["count"]) == ("films", "dm3", 2)
    assert {one["id"] for one in told["datasets"]} == set(ids)
    assert {one["name"] for one in told["datasets"]} == {"a.dm3", "b.dm3"}
    assert told["datasets"][0]["link"].startswith("https://hub.example.org/records?record=dat-")
    secret = place.shown().secret
    assert len(secret) == 64
    expected = "sha256=" + hmac.new(secret.encode(), post.body, hashlib.sha256).hexdigest()
    assert post.headers["X-Lims-Signature"] == expected


def test_each_search_has_a_secret_of_its_own_which_stays(place: Place, hook: Hook) -> None:
    saved = told_by(place, hook)
    told_by(place, hook, name="others")
    first, other = place.shown().secret, place.shown(name="others").secret
    assert first != other
    set_alert(place.catalog, place.settings, ADA, saved.id, Alert(page=True, webhook=saved.alert.webhook))
    assert place.shown().secret == first


@pytest.mark.parametrize("status", [500, 404, 301, 307])
def test_what_is_not_taken_is_sent_again_and_leads_nowhere_else(place: Place, hook: Hook, status: int) -> None:
    told_by(place, hook)
    place.files("a.dm3", session=place.session(ADA))
    place.look()
    hook.script.statuses = [status]
    assert place.deliver() == 0
    assert place.shown().deliveries[0].reason == f"The webhook answered {status}."
    assert [one.path for one in hook.script.posts] == ["/lims?room=3"]
    assert place.deliver(timedelta(hours=2)) == 1
    assert len(hook.script.posts) == 2


def test_very_many_go_out_in_several_messages_and_each_once(
    place: Place, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(outbox.MOST_IN_ONE, "webhook", 100)
    monkeypatch.setitem(outbox.NAMED, "webhook", 100)
    told_by(place, hook)
    ids = place.files(*(f"{number}.dm3" for number in range(250)), session=place.session(ADA))
    place.look()
    while place.deliver():
        pass
    told = [one["id"] for post in hook.script.posts for one in json.loads(post.body)["datasets"]]
    assert len(hook.script.posts) == 3
    assert len(told) == 250
    assert set(told) == set(ids)


def test_a_kill_between_sending_and_noting_it_sends_again_and_loses_nothing(
    place: Place, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_by(place, hook)
    session = place.session(ADA)
    place.files("a.dm3", session=session)
    place.look()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(outbox.Outbox, "settle", killed)
        with pytest.raises(KeyboardInterrupt):
            place.deliver()
    place.files("b.dm3", session=session)
    place.restart()
    place.look()
    assert place.deliver() == 1
    assert [json.loads(post.body)["count"] for post in hook.script.posts] == [1, 2]
    assert place.deliver() == 0


def test_a_restart_between_notice_and_delivery_delivers(place: Place, hook: Hook, sink: MailSink) -> None:
    place.saved(mail=True, webhook=f"http://{hook.host}/")
    place.files("a.dm3", session=place.session(ADA))
    place.look()
    place.restart()
    assert place.deliver() == 2
    assert (len(sink.letters), len(hook.script.posts)) == (1, 1)


def test_what_comes_while_a_message_is_sent_is_in_the_next(
    place: Place, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_by(place, hook)
    session = place.session(ADA)
    place.files("a.dm3", session=session)
    place.look()
    sent = outbox.post_message

    def slowly(*about: object) -> None:
        sent(*about)  # type: ignore[arg-type]
        if len(hook.script.posts) == 1:
            place.files("b.dm3", session=session)
            place.look()

    monkeypatch.setattr(outbox, "post_message", slowly)
    assert place.deliver() == 1
    assert place.deliver(timedelta(hours=2)) == 1
    names = [[one["name"] for one in json.loads(post.body)["datasets"]] for post in hook.script.posts]
    assert names == [["a.dm3"], ["b.dm3"]]


def test_what_may_no_longer_be_seen_when_it_goes_out_does_not(place: Place, hook: Hook) -> None:
    told_by(place, hook)
    session = place.session(BOB, people=("ada",), title="secret")
    place.files("secret.dm3", session=session)
    assert place.look() == 1
    row = replace(place.catalog.view(SYSTEM).session(session), people=())
    place.catalog.write(lambda change: change.put(row, action="session.edit"), by=BOB)
    assert place.deliver() == 0
    assert hook.script.posts == []
    assert place.catalog.view(SYSTEM).search_notices() == []


def test_a_host_that_is_allowed_no_more_gets_nothing(place: Place, hook: Hook) -> None:
    told_by(place, hook)
    place.files("a.dm3", session=place.session(ADA))
    place.look()
    configured(place, alerts=AlertsTable())
    assert place.deliver() == 0
    assert hook.script.posts == []
    assert "may not be sent" in place.shown().deliveries[0].reason


def test_turned_off_before_it_goes_out_it_does_not(place: Place, hook: Hook) -> None:
    saved = told_by(place, hook)
    place.files("a.dm3", session=place.session(ADA))
    place.look()
    set_alert(place.catalog, place.settings, ADA, saved.id, Alert(page=True))
    assert place.deliver() == 0
    assert hook.script.posts == []


def test_one_message_that_cannot_be_sent_keeps_no_other(
    place: Place, hook: Hook, sink: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.saved(mail=True, webhook=f"http://{hook.host}/")
    place.files("a.dm3", session=place.session(ADA))
    place.look()

    def failing(*_: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(outbox, "post_message", failing)
    assert place.deliver() == 1
    assert len(sink.letters) == 1
    (failed,) = place.shown().deliveries
    assert (failed.channel, failed.reason) == ("webhook", "It cannot be sent: RuntimeError.")


def test_a_name_that_is_no_utf8_goes_out_too(place: Place, hook: Hook, sink: MailSink) -> None:
    place.saved(mail=True, webhook=f"http://{hook.host}/")
    session = place.session(ADA)
    row = Dataset(new_id("dataset"), "raw", "raw", "Titan_TEM/\udcff5 µm.dm3", 1, START, session=session)
    place.catalog.write(lambda change: change.put(row, action="dataset.register"), by=SYSTEM)
    place.read([row])
    place.look()
    assert place.deliver() == 2
    assert json.loads(hook.script.posts[0].body)["datasets"][0]["name"] == "\udcff5 µm.dm3"
    assert "5 µm.dm3" in sink.letters[0].get_content()


def test_a_search_that_was_replaced_is_told_as_it_is_now(place: Place, hook: Hook) -> None:
    told_by(place, hook, query="dm3")
    save_search(place.catalog, ADA, name="films", query="a.dm3")
    place.files("a.dm3", "b.dm3", session=place.session(ADA))
    assert place.look() == 1
    place.deliver()
    assert json.loads(hook.script.posts[0].body)["search"]["query"] == "a.dm3"
