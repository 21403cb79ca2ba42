"""Which ways of telling there are: what the facility has, whose address is known, which hosts are allowed."""

import httpx

from lims.catalog import View
from lims.errors import Forbidden, Invalid
from lims.model import Alert
from lims.settings import MAIL_ADDRESS, AlertsTable, Settings

LONGEST_ADDRESS = 1000
PORTS = {"http": 80, "https": 443}


def check_channels(settings: Settings, view: View, owner: str, alert: Alert) -> None:
    """view: must see everybody in the directory. Raises Invalid, or Forbidden for a host that is not allowed."""
    if alert.mail:
        if settings.mail is None:
            raise Invalid(
                "This facility sends no e-mail.", hint="An administrator can name a server: [mail] in facility.toml."
            )
        address_of(view, owner)
    if alert.webhook:
        check_webhook(settings.alerts, alert.webhook)


def address_of(view: View, owner: str) -> str:
    """The person's e-mail address. Raises Invalid where the directory has none that can be used."""
    email = next((one.email for one in view.people() if one.id == owner), "")
    if not MAIL_ADDRESS.fullmatch(email):
        raise Invalid(f"The directory has no e-mail address of {owner}.", hint="Ask the staff to enter it there.")
    return email


def check_webhook(table: AlertsTable, address: str) -> None:
    """Raises Invalid for what is no address, Forbidden unless the facility allows its host.

    It is taken apart as it is when something is sent there, so that no two readings of it can differ.
    """
    url = parsed(address)
    name = host_of(url)
    if name not in allowed(table, url.scheme):
        raise Forbidden(
            f"Alerts may not be sent to {name} from here.",
            hint=f'An administrator can allow it in facility.toml: [alerts] webhooks = ["{name}"].',
        )


def parsed(address: str) -> httpx.URL:
    hint = "Write it like https://hooks.example.org/lims."
    is_plain = address.isascii() and address.isprintable() and not {" ", "\\"} & set(address)
    if not is_plain or len(address) > LONGEST_ADDRESS:
        raise Invalid("That is no address of a webhook.", hint=hint)
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise Invalid(f"{address!r} is no address of a webhook: {error}.", hint=hint) from error
    if url.scheme not in PORTS or not url.raw_host:
        raise Invalid(f"{address!r} is no address of a webhook.", hint=hint)
    if url.userinfo:
        raise Invalid("An address with a name or password in it is not used.", hint="Messages are signed instead.")
    return url


def host_of(url: httpx.URL) -> str:
    """With its port, where that is not the usual one."""
    host = url.raw_host.decode("ascii").lower()
    named = f"[{host}]" if ":" in host else host
    return named if url.port in (None, PORTS[url.scheme]) else f"{named}:{url.port}"


def allowed(table: AlertsTable, scheme: str) -> set[str]:
    """The usual port may stand there, or not."""
    return {one.removesuffix(f":{PORTS[scheme]}") for one in table.webhooks}
