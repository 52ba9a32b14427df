"""A real Home Assistant in a process of its own, worked with over its REST interface."""

import asyncio
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.configuration.names import PANEL_USER
from callpoint_rig.part import Part
from callpoint_rig.ports import free_port

SOON_S: Final = 60.0
_CLIENT: Final = "http://127.0.0.1/"
_PERSON: Final = {"name": "A", "username": "a", "password": "a-password", "language": "en"}
_LOOK_S: Final = 0.2


class HomeAssistant:
    """Knows the broker of a site; ``start`` and ``stop`` it."""

    def __init__(self, python: Path, folder: Path, broker_port: int, authority: Authority) -> None:
        """``python``: that of the environment in which it is installed."""
        self.folder = folder
        self._port = free_port()
        self._token = ""
        storage = folder / ".storage"
        storage.mkdir(parents=True)
        (folder / "configuration.yaml").write_text(
            "homeassistant:\n  name: Estate\nfrontend:\napi:\n"
            f"http:\n  server_host: 127.0.0.1\n  server_port: {self._port}\n"
        )
        entries = {"entries": [_entry(broker_port, authority)]}
        (storage / "core.config_entries").write_text(
            json.dumps(
                {"version": 1, "minor_version": 1, "key": "core.config_entries", "data": entries}
            )
        )
        command = [str(python), "-m", "homeassistant", "-c", str(folder), "--skip-pip"]
        self._part = Part("home-assistant", folder, command, self._port)

    async def start(self) -> None:
        """Start it, and be somebody who may do everything."""
        await self._part.start()
        await self.until(self._onboarded)

    async def _onboarded(self) -> bool:
        person = {**_PERSON, "client_id": _CLIENT}
        try:
            code = (await self._ask("/api/onboarding/users", person))["auth_code"]
        except (OSError, ValueError):
            return False
        form = {"grant_type": "authorization_code", "code": code, "client_id": _CLIENT}
        self._token = (await self._ask("/auth/token", form, form=True))["access_token"]
        return True

    async def stop(self) -> None:
        """Stop it; it writes what it knows into its folder."""
        await self._part.stop()

    async def kill(self) -> None:
        """Leave nothing running."""
        await self._part.kill()

    @property
    def log(self) -> str:
        """What it has printed."""
        return self._part.log.read_text(errors="replace")

    def kept(self, name: str) -> Any:
        """Return what it keeps on disk under a name; written when it stops."""
        return json.loads((self.folder / ".storage" / name).read_text())["data"]

    async def _ask(self, path: str, body: dict[str, Any] | None, *, form: bool = False) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/" + (
                "x-www-form-urlencoded" if form else "json"
            )
            data = (urllib.parse.urlencode(body) if form else json.dumps(body)).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}{path}", data, headers)

        def asked() -> Any:
            with urllib.request.urlopen(request, timeout=SOON_S) as answer:
                return json.load(answer)

        return await asyncio.to_thread(asked)

    async def state(self, entity: str) -> dict[str, Any] | None:
        """Return state and attributes of an entity; None if there is none."""
        try:
            found: dict[str, Any] = await self._ask(f"/api/states/{entity}", None)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise
        return found

    async def do(self, service: str, **data: Any) -> None:
        """Call a service, ``domain/name``. What Home Assistant itself refuses is no error here."""
        try:
            await self._ask(f"/api/services/{service}", data)
        except urllib.error.HTTPError as error:
            if error.code not in (400, 500):
                raise

    async def until(self, condition: Callable[[], Any], within_s: float = SOON_S) -> None:
        """Wait for a coroutine to return something true. TimeoutError."""
        async with asyncio.timeout(within_s):
            while not await condition():
                await asyncio.sleep(_LOOK_S)

    async def until_state(self, entity: str, state: str, within_s: float = SOON_S) -> None:
        """Wait until an entity is in a state."""

        async def there() -> bool:
            found = await self.state(entity)
            return found is not None and found["state"] == state

        await self.until(there, within_s)


def _entry(broker_port: int, authority: Authority) -> dict[str, Any]:
    """Return what the dialogue for MQTT would have stored."""
    issued = authority.client(PANEL_USER, again=True)
    return {
        "entry_id": "0123456789abcdef0123456789abcdef",
        "version": 1,
        "minor_version": 1,
        "domain": "mqtt",
        "title": "127.0.0.1",
        "data": {
            "broker": "127.0.0.1",
            "port": broker_port,
            "certificate": authority.ca_file.read_text(),
            "client_cert": issued.certificate_file.read_text(),
            "client_key": issued.key_file.read_text(),
            "discovery": True,
            "discovery_prefix": "homeassistant",
        },
        "options": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "user",
        "unique_id": None,
        "disabled_by": None,
    }
