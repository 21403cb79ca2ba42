"""JupyterHub on one person's computer: what keeps it to one person and to this computer."""

from urllib.parse import urlsplit

from jupyterhub.proxy import ConfigurableHTTPProxy

from lims.access.one_person import check_loopback, check_one_person
from lims.errors import Invalid


class LoopbackProxy(ConfigurableHTTPProxy):  # type: ignore[misc]
    """The Hub's proxy is what opens the public port; this one refuses before it does."""

    async def start(self) -> None:
        who = self.app.authenticator
        try:
            check_loopback(urlsplit(self.public_url).hostname or "")
            check_one_person({*who.allowed_users, *who.admin_users}, anybody=who.allow_all)
        except Invalid as error:
            self.log.critical("%s", error)
            raise SystemExit(2) from error
        await super().start()
