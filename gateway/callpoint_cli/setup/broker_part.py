"""Sets up the site's broker: authority, certificates and Mosquitto's configuration."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography import x509

from callpoint_cli.setup.places import BROKER_USER, USER, Places, make_folder
from callpoint_gateway.broker.authority import LOCAL, Authority
from callpoint_gateway.broker.configuration import write_configuration
from callpoint_gateway.broker.installation import installed
from callpoint_gateway.configuration.names import GATEWAY_USER
from callpoint_gateway.host.clock import SystemClock

DEVICE_PORT: Final = 8883
GATEWAY_PORT: Final = 8884


def set_up(places: Places, site: str, names: Sequence[str], *, again: bool) -> bool:
    """Make what is missing of the authority and the broker; say whether the broker's has changed.

    ``again``: make the broker's certificate anew if it lacks one of the names. AuthorityError:
    the machine has another site's, or a certificate without a name and not ``again``.
    """
    make_folder(places.certificates, USER, 0o700)
    make_folder(places.broker, BROKER_USER, 0o750)
    before = _contents(places.broker)
    clock = SystemClock()
    if Authority.there(places.certificates):
        authority = Authority.opened(places.certificates, clock)
    else:
        authority = Authority(places.certificates, clock, site)
    wanted = list(dict.fromkeys([*LOCAL, *names]))
    tls = installed(authority, places.broker, GATEWAY_PORT, wanted, again=again)
    own = [places.certificates / f"{GATEWAY_USER}.{ending}" for ending in ("pem", "key")]
    if not all(file.exists() for file in own):
        authority.client(GATEWAY_USER, again=True)
    write_configuration(
        places.broker,
        DEVICE_PORT,
        address="0.0.0.0",
        tls=tls,
        user=BROKER_USER,
        shut=authority.shut,
    )
    return _contents(places.broker) != before


def site_of(places: Places) -> str | None:
    """Return the site whose authority this machine has; None: it has none. AuthorityError."""
    if not Authority.there(places.certificates):
        return None
    return Authority.opened(places.certificates, SystemClock()).site


def _contents(folder: Path) -> dict[str, bytes]:
    names = ("mosquitto.conf", "acl", "broker.pem", "broker.key")
    return {name: (folder / name).read_bytes() for name in names if (folder / name).exists()}


def names_of(places: Places) -> list[str] | None:
    """Return the names in the broker's certificate beside the local ones; None: there is none."""
    try:
        found = x509.load_pem_x509_certificate((places.broker / "broker.pem").read_bytes())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return None
    return [str(name.value) for name in names if str(name.value) not in LOCAL] or None
