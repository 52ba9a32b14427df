"""The engine (nats-server) of a district: its configuration, and who may say what there.

The district has an authority of its own, so a site's authority cannot make another gateway. The
engine takes the name of a client from its certificate (``verify_and_map``). A gateway may write
what is its own and read what is for it, and nothing else, not even the engine's own interface. A
district that is a gateway of its city may do so for whatever it relays, below its own name.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from callpoint_gateway.broker import certificates, private_files
from callpoint_gateway.broker.authority import Authority, Issued
from callpoint_gateway.broker.book import Book
from callpoint_gateway.configuration import host_name
from callpoint_gateway.configuration.names import own_name
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.protocols.upstream import (
    MESSAGE_BYTES,
    NAME,
    downward_of_member,
    upward_of_member,
)
from callpoint_gateway.words.said import Said, said

#: The client name of the district's own processes.
PROCESSES: Final = "district-processes"
CONFIGURATION: Final = "nats.conf"
USERS: Final = "users.conf"
_NAMES: Final = frozenset({PROCESSES})
# What a text in quotes of the engine's configuration can hold; it knows escapes and variables.
_QUOTABLE: Final = re.compile(r'[^"\\\x00-\x1f\x7f]+')

_TEXT: Final = """\
# Written by `callpoint district engine`. Who may connect stands in {users}.
server_name: {district}
listen: "{listen}:{port}"
max_payload: {payload}
ping_interval: "20s"
ping_max: 2
write_deadline: "5s"
tls {{
  cert_file: "{certificate}"
  key_file: "{key}"
  ca_file: "{ca}"
  verify_and_map: true
  timeout: 5
  # Before the engine says anything, so that nobody between can talk a gateway out of TLS.
  handshake_first: true
}}
# Without sync_interval, a power cut loses what was acknowledged.
jetstream {{ store_dir: "{store}", max_mem: 0, max_file: {file_mb}MB, sync_interval: always }}
include ./{users}
"""


class EngineError(Exception):
    """The engine's files cannot be made; ``why`` says why and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


class EngineFolder:
    """The files of one engine: configuration, users, and the district's authority."""

    def __init__(self, folder: Path) -> None:
        """``folder``: from ``make``, or an empty one."""
        self.folder = folder
        self.configuration = folder / CONFIGURATION

    def make(
        self,
        district: str,
        hosts: Sequence[str],
        *,
        listen: str,
        port: int,
        store: Path,
        file_mb: int,
    ) -> None:
        """Make authority, certificates and configuration. EngineError: they are there already.

        It goes on with what an earlier call, that was interrupted, has made for this district.
        ``hosts``: the names and addresses under which gateways reach the engine.
        ValueError: one of them is none.
        """
        _check(district)
        certificates.host_names(hosts)
        if wrong := host_name.mistake(listen.strip("[]")):
            raise EngineError(wrong)
        for path in (self.folder, store):
            if not _QUOTABLE.fullmatch(str(path)):
                raise EngineError(said("district.bad_path", path=str(path)))
        if self.configuration.exists():
            raise EngineError(said("district.engine_there", file=str(self.configuration)))
        authority = self._begun(district)
        server = authority.server(hosts, self.folder, again=True)
        if authority.book.in_use(PROCESSES) is None:
            authority.client(PROCESSES)
        clients = self.folder / "clients.pem"
        private_files.write(clients, authority.clients, 0o644)
        text = _TEXT.format(
            users=USERS,
            district=district,
            listen=_bracketed(listen),
            port=port,
            payload=2 * MESSAGE_BYTES,
            certificate=server.certificate_file,
            key=server.key_file,
            ca=clients,
            store=store,
            file_mb=file_mb,
        )
        self._write_users(district, authority)
        private_files.write(self.configuration, text.encode())

    def enrol(self, gateway: str) -> Issued:
        """Give a gateway a certificate and a place among the users. EngineError: a bad name.

        An enrolled gateway gets another certificate; the old one counts until its end.
        """
        _check(gateway)
        authority = self._authority()
        issued = authority.client(gateway, again=True)
        self._write_users(authority.site, authority)
        return issued

    def revoke(self, gateway: str) -> None:
        """Shut a gateway out. EngineError: a bad name, or none has it.

        It counts when the engine has read its configuration again.
        """
        _check(gateway)
        authority = self._authority()
        if not authority.revoke(gateway):
            known = self.enrolled()
            if not known:
                raise EngineError(said("district.no_gateways", gateway=gateway))
            raise EngineError(said("district.no_gateway", gateway=gateway, known=", ".join(known)))
        self._write_users(authority.site, authority)

    def enrolled(self) -> list[str]:
        """Return the gateways that may connect."""
        return _gateways(self._authority().book)

    def _begun(self, district: str) -> Authority:
        folder = self.folder / "authority"
        if not Authority.there(folder):
            return Authority(folder, SystemClock(), district)
        authority = Authority.opened(folder, SystemClock())
        if authority.site != district:
            raise EngineError(
                said("district.other_district", folder=str(folder), district=authority.site)
            )
        return authority

    def _authority(self) -> Authority:
        folder = self.folder / "authority"
        if not Authority.there(folder):
            raise EngineError(said("district.no_engine", folder=str(self.folder)))
        return Authority.opened(folder, SystemClock())

    def _write_users(self, district: str, authority: Authority) -> None:
        text = users(district, _gateways(authority.book))
        private_files.write(self.folder / USERS, text.encode())


def _gateways(book: Book) -> list[str]:
    return [name for name in book.names if name not in _NAMES and book.in_use(name)]


def _bracketed(host: str) -> str:
    bare = host.strip("[]")
    return f"[{bare}]" if ":" in bare else bare


def _check(name: str) -> None:
    if not NAME.fullmatch(name) or name in _NAMES or own_name(name):
        raise EngineError(said("district.bad_name", name=name))


def users(district: str, gateways: Iterable[str]) -> str:
    """Return the part of the engine's configuration that names who may say what."""
    lines = ["authorization {", "  users: [", f'    {{ user: "CN={PROCESSES}" }}']
    for gateway in gateways:
        says = ", ".join(f'"{subject}"' for subject in upward_of_member(district, gateway))
        hears = downward_of_member(district, gateway)
        lines += [
            f'    {{ user: "CN={gateway}", permissions {{',
            f"        publish {{ allow: [{says}] }}",
            f'        subscribe {{ allow: ["{hears}", "_INBOX_{gateway}.>"] }}',
            "        allow_responses: true",
            "    } }",
        ]
    return "\n".join([*lines, "  ]", "}", ""])
