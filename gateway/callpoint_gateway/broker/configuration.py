"""Mosquitto's configuration, generated: what the gateway relies on is written down here.

- Two listeners. Devices have one where the name in their certificate is their client id, so that
  nobody takes another's session; the gateway, which has several sessions, has its own, on this
  machine only. Connections that fill the first do not keep the gateway from the second.
- ``max_inflight_messages``: with the default of 20 a subscriber that commits before it
  acknowledges is slow; the gateway's window is 1000.
- ``set_tcp_nodelay``: without it the first message after a pause waits some 40 ms.
- ``max_packet_size``: unlike ``message_size_limit`` it counts the topic as well.
- queues are bounded in bytes: what is over is dropped *with* an acknowledgement. The bound on
  messages is out of reach, but must not be 0: Mosquitto 2.0.11 then hangs up on who publishes
  what the access list denies.
- ``memory_limit``: a broker that takes all memory takes the gateway's as well.
- ``per_listener_settings`` stays off: with it, Mosquitto 2.0.21 asks the ACL of no listener when
  a client is away, so what it acknowledges then never reaches the client's session.
- TLS: one certificate per device, its common name is its user name, and its ACL lets it
  speak for itself only, in this site. At TLS 1.2 no cipher without authenticated encryption.
- ``pid_file``: whom ``callpoint broker revoke`` tells that there is a new list.
"""

import ipaddress
from collections.abc import Iterable
from pathlib import Path

import msgspec

from callpoint_gateway.arming.panel_topics import DISCOVERY, DISCOVERY_OF_EVENTS, commands
from callpoint_gateway.arming.panel_topics import ROOT as PANELS
from callpoint_gateway.broker import private_files
from callpoint_gateway.configuration.names import GATEWAY_USER, PANEL_USER
from callpoint_gateway.words.said import said
from callpoint_protocol import names

IN_FLIGHT = 1000
QUEUED_BYTES = 32 * 1024 * 1024
QUEUED = 1_000_000
LARGEST_PACKET = 8192
# What a message of 200 bytes takes in a queue is 544: two full queues, and room.
MEMORY_BYTES = 256 * 1024 * 1024
# Below the 1,024 files that a service may have open.
CONNECTIONS = 900
# Only the gateway may read it. Topics that begin so are in no '#' (MQTT 3.1.1, 4.7.2).
CHECK = "$callpoint/check"
# Home Assistant says there that it has started.
BIRTH = "homeassistant/status"
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


class Tls(msgspec.Struct, frozen=True):
    """How TLS clients are known, and the gateway's own listener on this machine.

    Files: the authorities of clients, the broker's certificate and key, and the revoked ones.
    ``site``: whose topics devices may use.
    """

    ca_file: Path
    certificate_file: Path
    key_file: Path
    site: str
    gateway_port: int
    crl_file: Path | None = None


def access_list(site: str, shut: Iterable[str] = ()) -> str:
    """Return the ACL of a site. ``shut``: names that may do nothing any more."""
    root, shut = f"{names.ROOT}/{site}", list(shut)
    panels = f"{PANELS}/{site}"
    users = {
        GATEWAY_USER: [
            f"topic readwrite {root}/#",
            # Of its sessions; devices have topics of five parts.
            f"topic readwrite {names.ROOT}/+/marker",
            f"topic readwrite {panels}/#",
            f"topic write {DISCOVERY}/#",
            f"topic write {DISCOVERY_OF_EVENTS}/#",
            f"topic readwrite {CHECK}/#",
        ],
        PANEL_USER: [
            f"topic read {panels}/#",
            f"topic write {commands(site)}",
            f"topic read {DISCOVERY}/#",
            f"topic read {DISCOVERY_OF_EVENTS}/#",
            f"topic readwrite {BIRTH}",
        ],
    }
    # A connection that stood before its certificate was revoked.
    users |= {name: ["topic deny #"] for name in shut}
    lines: list[str] = []
    for user, rights in users.items():
        lines += [f"user {user}", *rights, ""]
    lines += [f"pattern write {root}/%u/{channel}" for channel in names.UP_CHANNELS]
    lines += [f"pattern read {root}/%u/{channel}" for channel in names.DOWN_CHANNELS]
    return "\n".join(lines) + "\n"


def _with_tls(tls: Tls, port: int, address: str) -> list[str]:
    common = [
        "allow_anonymous false",
        f"cafile {tls.ca_file}",
        f"certfile {tls.certificate_file}",
        f"keyfile {tls.key_file}",
        *([f"crlfile {tls.crl_file}"] if tls.crl_file else []),
        "tls_version tlsv1.2",
        f"ciphers {CIPHERS}",
        "require_certificate true",
        "use_identity_as_username true",
    ]
    return [
        f"listener {port} {address}",
        f"max_connections {CONNECTIONS}",
        "use_username_as_clientid true",
        *common,
        f"listener {tls.gateway_port} 127.0.0.1",
        *common,
    ]


def write_configuration(
    folder: Path,
    port: int,
    *,
    address: str = "127.0.0.1",
    tls: Tls | None = None,
    user: str | None = None,
    shut: Iterable[str] = (),
) -> Path:
    """Write ``mosquitto.conf`` (and with TLS its ACL) into ``folder`` and return its path.

    Without ``tls`` anybody who reaches ``address`` may connect, so ValueError unless that is
    this machine only.
    ``user``: whom a broker that is started by root becomes; it must be able to read the files.
    ``shut``: names that may do nothing any more.
    """
    if tls is None and not ipaddress.ip_address(address).is_loopback:
        raise ValueError(said("authority.open_to_others", address=address))
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Written by Callpoint; changes are lost at the next writing.",
        f"max_inflight_messages {IN_FLIGHT}",
        f"max_queued_messages {QUEUED}",
        f"max_queued_bytes {QUEUED_BYTES}",
        f"max_packet_size {LARGEST_PACKET}",
        f"memory_limit {MEMORY_BYTES}",
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
        write_access_list(folder, tls.site, shut)
        lines += [f"pid_file {pid_file(folder)}", f"acl_file {folder / 'acl'}"]
        lines += _with_tls(tls, port, address)
    path = folder / "mosquitto.conf"
    private_files.write(path, ("\n".join(lines) + "\n").encode(), 0o644)
    return path


def write_access_list(folder: Path, site: str, shut: Iterable[str]) -> None:
    """Write the ACL anew."""
    private_files.write(folder / "acl", access_list(site, shut).encode())


def pid_file(folder: Path) -> Path:
    """Return where the broker of a folder writes its process id."""
    return folder / "mosquitto.pid"
