"""The engine (nats-server) of a district: its configuration, and who may say what there.

The district has an authority of its own, so a site's authority cannot make another gateway. The
engine takes the name of a client from its certificate (``verify_and_map``). A gateway may write
what is its own and read what is for it, and nothing else, not even the engine's own interface.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from callpoint_gateway.broker import private_files
from callpoint_gateway.broker.authority import Authority, Issued
from callpoint_gateway.configuration.names import own_name
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.protocols.upstream import MESSAGE_BYTES, NAME
from callpoint_gateway.words.said import Said, said

#: The client name of the district's own processes.
PROCESSES: Final = "district-processes"
CONFIGURATION: Final = "nats.conf"
USERS: Final = "users.conf"
_NAMES: Final = frozenset({PROCESSES})

_TEXT: Final = """\
# Written by `callpoint district engine`. Who may connect stands in {users}.
server_name: {district}
listen: {listen}:{port}
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
  handshake_first: "auto"
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

        ``hosts``: the names and addresses under which gateways reach the engine.
        """
        _check(district)
        if self.configuration.exists():
            raise EngineError(said("district.engine_there", file=str(self.configuration)))
        authority = Authority(self.folder / "authority", SystemClock(), district)
        server = authority.server(hosts, self.folder)
        authority.client(PROCESSES)
        clients = self.folder / "clients.pem"
        private_files.write(clients, authority.clients, 0o644)
        text = _TEXT.format(
            users=USERS,
            district=district,
            listen=listen,
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
        """Shut a gateway out. EngineError: there is none of the name.

        It counts when the engine has read its configuration again.
        """
        authority = self._authority()
        if not authority.revoke(gateway):
            raise EngineError(
                said("district.no_gateway", gateway=gateway, known=", ".join(self.enrolled()))
            )
        self._write_users(authority.site, authority)

    def enrolled(self) -> list[str]:
        """Return the gateways that may connect."""
        book = self._authority().book
        return [name for name in book.names if name not in _NAMES and book.in_use(name)]

    def _authority(self) -> Authority:
        return Authority.opened(self.folder / "authority", SystemClock())

    def _write_users(self, district: str, authority: Authority) -> None:
        book = authority.book
        gateways = [name for name in book.names if name not in _NAMES and book.in_use(name)]
        private_files.write(self.folder / USERS, users(district, gateways).encode())


def _check(name: str) -> None:
    if not NAME.fullmatch(name) or name in _NAMES or own_name(name):
        raise EngineError(said("district.bad_name", name=name))


def users(district: str, gateways: Iterable[str]) -> str:
    """Return the part of the engine's configuration that names who may say what."""
    lines = ["authorization {", "  users: [", f'    {{ user: "CN={PROCESSES}" }}']
    for gateway in gateways:
        own = f"cp.{district}.{gateway}"
        lines += [
            f'    {{ user: "CN={gateway}", permissions {{',
            f'        publish {{ allow: ["{own}.alarms", "{own}.urgent", "{own}.status", '
            f'"{own}.where"] }}',
            f'        subscribe {{ allow: ["cpd.{district}.{gateway}.>", "_INBOX_{gateway}.>"] }}',
            "        allow_responses: true",
            "    } }",
        ]
    return "\n".join([*lines, "  ]", "}", ""])
