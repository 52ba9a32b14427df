"""Whether a host is this machine, so that what goes there crosses no network."""

import ipaddress


def on_this_machine(host: str) -> bool:
    """Say whether a host is a loopback address or ``localhost``. IPv6 without brackets."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
