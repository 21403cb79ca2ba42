"""What a Hub must not do whose servers all run as the same operating-system user: one could read another's token."""

from collections.abc import Collection
from ipaddress import ip_address

from lims.errors import Invalid

INSTEAD = (
    "For several people, or for a network, run `lims serve` as the managed service of a JupyterHub whose spawner "
    "keeps people apart (SystemdSpawner, DockerSpawner, KubeSpawner) behind TLS."
)


def check_loopback(host: str) -> None:
    """Raises Invalid for an address that others could reach."""
    if not is_loopback(host):
        raise Invalid(f"This Hub keeps no two people apart, so it does not listen at {host or '*'}.", hint=INSTEAD)


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def check_one_person(names: Collection[str], *, anybody: bool) -> None:
    """Raises Invalid unless exactly one person may sign in."""
    if anybody or len(names) != 1:
        raise Invalid("This Hub keeps no two people apart, so it serves exactly one.", hint=INSTEAD)
