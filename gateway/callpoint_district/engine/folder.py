"""The folder of a district's engine (nats-server): its configuration, users and authority.

The district has an authority of its own, so a site's authority cannot make another gateway. Who
changes anything holds the folder's lock: of two that write the users, the later has read what the
earlier has changed.
"""

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from callpoint_district.engine.codes import Codes
from callpoint_district.engine.reloading import Reloaded, reload
from callpoint_district.engine.users import PROCESSES, gateways, keys, users
from callpoint_gateway.broker import certificates, private_files
from callpoint_gateway.broker.authority import Authority, Issued
from callpoint_gateway.configuration import host_name
from callpoint_gateway.configuration.names import own_name
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.protocols.upstream import MESSAGE_BYTES, NAME
from callpoint_gateway.words.said import Said, said

CONFIGURATION: Final = "nats.conf"
USERS: Final = "users.conf"
KEYS: Final = "keys.conf"
PID: Final = "nats.pid"
PLACE: Final = "engine.json"
_NAMES: Final = frozenset({PROCESSES})
# What a text in quotes of the engine's configuration can hold; it knows escapes and variables.
# A path whose bytes are no UTF-8 has surrogates in Python.
_QUOTABLE: Final = re.compile(r'[^"\\\x00-\x1f\x7f\ud800-\udfff]+')

_TEXT: Final = """\
# Written by `callpoint district engine`. Who may connect stands in {users} and {keys}.
server_name: {district}
listen: "{listen}:{port}"
{monitor}max_payload: {payload}
ping_interval: "20s"
ping_max: 2
write_deadline: "5s"
# Whom `callpoint district` tells that the users have changed.
pid_file: "{pid}"
tls {{
  cert_file: "{certificate}"
  key_file: "{key}"
  ca_file: "{ca}"
  verify_and_map: true
  include ./{keys}
  timeout: 5
  # Before the engine says anything, so that nobody between can talk a gateway out of TLS.
  handshake_first: true
}}
# Without sync_interval, a power cut loses what was acknowledged.
jetstream {{ store_dir: "{store}", max_mem: 0, max_file: {file_mb}MB, sync_interval: always }}
include ./{users}
"""


class EnginePlace(msgspec.Struct, frozen=True):
    """Where an engine is found: its addresses for gateways, and its monitoring port here."""

    servers: list[str]
    monitor: int | None


class EngineError(Exception):
    """The engine's files cannot be made; ``why`` says why and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


class EngineFolder:
    """The files of one engine: configuration, users, and the district's authority."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """``folder``: from ``make``, or an empty one. ``clock`` says what has ended."""
        self.folder = folder
        self.clock = clock
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
        monitor: int | None = None,
    ) -> None:
        """Make authority, certificates and configuration. EngineError: they are there already.

        It goes on with what an earlier call, that was interrupted, has made for this district.
        ``hosts``: the names and addresses under which gateways reach the engine. ``monitor``: the
        port on this machine on which the engine says how it is; None: on none.
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
            keys=KEYS,
            pid=self.folder / PID,
            monitor=f'http: "127.0.0.1:{monitor}"\n' if monitor else "",
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
        place = EnginePlace([f"tls://{_bracketed(host)}:{port}" for host in hosts], monitor)
        private_files.write(self.folder / PLACE, msgspec.json.encode(place))
        self.write_users()
        private_files.write(self.configuration, text.encode())

    def enrol(self, gateway: str) -> Issued:
        """Make certificate and key for a gateway, to be carried there. EngineError: a bad name.

        An enrolled gateway gets another one; the old one counts until its end.
        """
        self.check(gateway)
        with self.alone():
            issued = self.authority().client(gateway, again=True)
            self.write_users()
        return issued

    def revoke(self, gateway: str) -> None:
        """Shut a gateway out, and forget its code. EngineError: a bad name, or none has it.

        It counts when the engine has read its configuration again.
        """
        self.check(gateway)
        with self.alone():
            codes = Codes(self.folder)
            if had_code := codes.drop(gateway):
                codes.write()
            if not self.authority().revoke(gateway) and not had_code:
                known = ", ".join(self.enrolled())
                if not known:
                    raise EngineError(said("district.no_gateways", gateway=gateway))
                raise EngineError(said("district.no_gateway", gateway=gateway, known=known))
            self.write_users()

    def enrolled(self) -> list[str]:
        """Return the gateways that may connect."""
        return gateways(self.authority().book)

    def reload(self) -> Reloaded:
        """Have the engine read its users again, if it runs on this machine."""
        return reload(self.folder / PID, self.place().monitor)

    def place(self) -> EnginePlace:
        """Return where the engine is found.

        EngineError: the folder has no engine, or an earlier version made it.
        """
        file = self.folder / PLACE
        try:
            return msgspec.json.decode(file.read_bytes(), type=EnginePlace)
        except (OSError, *NOT_JSON) as error:
            if not self.configuration.exists():
                raise EngineError(said("district.no_engine", folder=str(self.folder))) from error
            again = said("district.no_place", file=str(file), configuration=CONFIGURATION)
            raise EngineError(again) from error

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder's lock: whoever else changes something waits."""
        if not self.folder.is_dir():
            raise EngineError(said("district.no_engine", folder=str(self.folder)))
        here = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(here, fcntl.LOCK_EX)
            yield
        finally:
            os.close(here)

    def authority(self) -> Authority:
        """Return the district's authority as it is now. EngineError: there is none."""
        folder = self.folder / "authority"
        if not Authority.there(folder):
            raise EngineError(said("district.no_engine", folder=str(self.folder)))
        return Authority.opened(folder, self.clock)

    def write_users(self) -> bool:
        """Write who may connect, by the authority's book; say whether that is anything new."""
        authority = self.authority()
        texts = {
            USERS: users(authority.site, gateways(authority.book)),
            KEYS: keys(authority.book),
        }
        changed = False
        for name, text in texts.items():
            file, content = self.folder / name, text.encode()
            if not file.exists() or file.read_bytes() != content:
                private_files.write(file, content)
                changed = True
        return changed

    @staticmethod
    def check(gateway: str) -> None:
        """Check the name of a gateway. EngineError: it is none."""
        _check(gateway)

    def _begun(self, district: str) -> Authority:
        folder = self.folder / "authority"
        if not Authority.there(folder):
            return Authority(folder, self.clock, district)
        authority = Authority.opened(folder, self.clock)
        if authority.site != district:
            raise EngineError(
                said("district.other_district", folder=str(folder), district=authority.site)
            )
        return authority


def _bracketed(host: str) -> str:
    bare = host.strip("[]")
    return f"[{bare}]" if ":" in bare else bare


def _check(name: str) -> None:
    if not NAME.fullmatch(name) or name in _NAMES or own_name(name):
        raise EngineError(said("district.bad_name", name=name))
