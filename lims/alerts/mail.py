"""One message by e-mail, through the server that facility.toml names."""

import logging
import os
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

from lims.alerts.message import Message
from lims.errors import Unavailable
from lims.settings import MailTable

log = logging.getLogger(__name__)
TIMEOUT_S = 20.0
PASSWORD = "LIMS_MAIL_PASSWORD"


def send_mail(table: MailTable, folder: Path, to: str, message: Message) -> None:
    """folder: of the facility. Raises Unavailable, with what the server or the network said."""
    try:
        letter = letter_of(table, to, message)
        with smtplib.SMTP(table.host, table.port, timeout=TIMEOUT_S) as server:
            if table.starttls:
                server.starttls(context=ssl.create_default_context())
            if table.user:
                server.login(table.user, password(table, folder))
            server.send_message(letter)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise Unavailable(f"The mail server {table.host}:{table.port} did not take it: {said(error)}.") from error


def letter_of(table: MailTable, to: str, message: Message) -> EmailMessage:
    """Raises ValueError where something could not stand in a header."""
    letter = EmailMessage()
    letter["From"] = table.sender
    letter["To"] = to
    letter["Subject"] = message.subject
    letter["Date"] = formatdate()
    letter["Message-ID"] = make_msgid(domain=table.sender.rpartition("@")[2])
    letter["Auto-Submitted"] = "auto-generated"  # so that absence notes do not answer
    letter.set_content(message.text)
    return letter


def password(table: MailTable, folder: Path) -> str:
    """Raises Unavailable where it is not known; which file it was is for the log and not for who wants an alert."""
    if table.password_file is None and PASSWORD in os.environ:
        return os.environ[PASSWORD]
    try:
        return (folder / (table.password_file or "")).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        log.warning("the password of the mail server cannot be read: %s", error)
        where = f"[mail] password_file, or ${PASSWORD}"
        raise Unavailable(f"The password of the mail server is not known: {where}.") from error


def said(error: Exception) -> str:
    """In words; a server answers in bytes."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {text.decode(errors='replace')}" for code, text in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return f"{error.smtp_code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
    return str(error) or type(error).__name__
