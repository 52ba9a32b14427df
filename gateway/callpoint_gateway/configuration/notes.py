"""What a configuration may say, and whoever wrote it should know."""

import ipaddress
from collections.abc import Iterator

from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.http_server import http_server


def notes(config: Config) -> Iterator[str]:
    """Yield what is allowed and yet may not be meant, each with what to do."""
    arming = config.arming
    if arming.mqtt and not arming.codes_file:
        yield (
            "[arming]: without codes_file nobody can disarm from a panel; make codes with: "
            "callpoint partitions code"
        )
    broker = config.broker
    if broker.password_file and not broker.ca_file and not _here(broker.host):
        yield f"[broker]: the password goes to {broker.host} in clear; set ca_file"
    series = config.timeseries
    if series is not None and (series.token_file or series.password_file):
        server = http_server(series.url)
        if not (server.secure or server.on_this_machine):
            yield f"[timeseries]: the token goes to {server.host} in clear; use https"
    for centre in config.centre:
        for way in centre.ways:
            host = way.host or ""
            if host and not (centre.key_file or way.transport == "tls" or _here(host)):
                yield (
                    f"centre {centre.name}: anybody on the way to {host} can read and answer "
                    "for it; set key_file, or transport if the receiver takes TLS"
                )


def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
