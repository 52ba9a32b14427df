"""Mosquitto's configuration, generated: what the gateway relies on is written down here.

- ``max_inflight_messages``: with the default of 20 a subscriber that commits before it
  acknowledges is slow; the gateway's window is 1000.
- ``set_tcp_nodelay``: without it the first message after a pause waits some 40 ms.
- ``message_size_limit``: what no decoder takes need not fill the quarantine either.
- queues without a count: a full queue drops messages *with* an acknowledgement.
- ``per_listener_settings`` stays off: with it, Mosquitto 2.0.21 asks the ACL of no listener when
  a client is away, so what it acknowledges then never reaches the client's session.
- TLS: one certificate per device, its common name is its user name, and its ACL lets it
  speak for itself only.
"""

import ipaddress
from pathlib import Path

import msgspec

from callpoint_gateway.arming.panel_topics import DISCOVERY, commands
from callpoint_gateway.arming.panel_topics import ROOT as PANELS
from callpoint_protocol import names

IN_FLIGHT = 1000
QUEUED_BYTES = 64 * 1024 * 1024
GATEWAY_USER = "callpoint-gateway"
# Whoever shows alarm panels and arms with them: Home Assistant, say.
PANEL_USER = "callpoint-panel"


class Tls(msgspec.Struct, frozen=True):
    """Files of the listener: the authority, the server's certificate and key."""

    ca_file: Path
    certificate_file: Path
    key_file: Path


def _acl() -> str:
    root = names.ROOT
    lines = [f"user {GATEWAY_USER}", f"topic readwrite {root}/#"]
    lines += [f"topic readwrite {PANELS}/#", f"topic write {DISCOVERY}/#", ""]
    lines += [f"user {PANEL_USER}", f"topic read {PANELS}/#"]
    lines += [f"topic write {commands('+')}", f"topic read {DISCOVERY}/#", ""]
    lines += [f"pattern write {root}/+/%u/{channel}" for channel in names.UP_CHANNELS]
    lines += [f"pattern read {root}/+/%u/{channel}" for channel in names.DOWN_CHANNELS]
    return "\n".join(lines) + "\n"


def write_configuration(
    folder: Path,
    port: int,
    *,
    address: str = "127.0.0.1",
    tls: Tls | None = None,
    user: str | None = None,
) -> Path:
    """Write ``mosquitto.conf`` (and with TLS its ACL) into ``folder`` and return its path.

    Without ``tls`` anybody who reaches ``address`` may connect, so ValueError unless that is
    this machine only.
    ``user``: whom a broker that is started by root becomes; it must be able to read the files.
    """
    if tls is None and not ipaddress.ip_address(address).is_loopback:
        raise ValueError(f"address: {address} is open to others; that needs TLS")
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Written by Callpoint; changes are lost at the next writing.",
        f"max_inflight_messages {IN_FLIGHT}",
        "max_queued_messages 0",
        f"max_queued_bytes {QUEUED_BYTES}",
        "message_size_limit 65536",
        "set_tcp_nodelay true",
        "persistence true",
        f"persistence_location {folder}/",
        "autosave_interval 30",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
    ]
    if user is not None:
        lines.append(f"user {user}")
    if tls is None:
        lines += [f"listener {port} {address}", "allow_anonymous true"]
    else:
        acl = folder / "acl"
        acl.write_text(_acl(), encoding="utf-8")
        acl.chmod(0o600)
        lines += [
            f"listener {port} {address}",
            "allow_anonymous false",
            f"cafile {tls.ca_file}",
            f"certfile {tls.certificate_file}",
            f"keyfile {tls.key_file}",
            "tls_version tlsv1.2",
            "require_certificate true",
            "use_identity_as_username true",
            f"acl_file {acl}",
        ]
    path = folder / "mosquitto.conf"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
