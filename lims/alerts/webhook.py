"""One message to a person's own program: JSON by POST, signed, to a host that the facility allows."""

import hashlib
import hmac
import json

import httpx

from lims.alerts.channels import check_webhook
from lims.alerts.message import Message
from lims.errors import Unavailable
from lims.settings import AlertsTable

TIMEOUT_S = 10.0
SIGNATURE = "X-Lims-Signature"


def post_message(table: AlertsTable, address: str, secret: str, message: Message) -> None:
    """Anything but 2xx has not arrived; where it leads on to is not followed, since that could be anywhere.

    Raises Unavailable, or Forbidden where the facility no longer allows the host.
    """
    check_webhook(table, address)
    body = json.dumps(message.document, ensure_ascii=True).encode()
    headers = {"Content-Type": "application/json", SIGNATURE: signature(secret, body), "User-Agent": "jupyter-lims"}
    try:
        with (
            httpx.Client(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False) as client,
            client.stream("POST", address, content=body, headers=headers) as answer,  # its body may have no end
        ):
            status = answer.status_code
    except (httpx.HTTPError, OSError, ValueError) as error:
        raise Unavailable(f"The webhook did not take it: {error or type(error).__name__}.") from error
    if not 200 <= status < 300:
        raise Unavailable(f"The webhook answered {status}.")


def signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
