"""The real engine with TLS, as ``callpoint district engine`` makes it, and who speaks to it."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
from nats.aio.client import Client

from callpoint_district.engine.folder import EngineFolder
from callpoint_gateway.host.clock import SystemClock
from callpoint_rig.part import Part
from callpoint_rig.ports import free_port

DISTRICT = "d1"


class Secured:
    """An engine with the gateways ``g1`` and ``g2``, with keys in the authority's folder."""

    def __init__(self, folder: Path) -> None:
        self.port, self.monitor = free_port(), free_port()
        self.files = EngineFolder(folder / "engine", SystemClock())
        self.files.make(
            DISTRICT,
            ["localhost", "127.0.0.1"],
            listen="127.0.0.1",
            port=self.port,
            store=folder / "store",
            file_mb=64,
            monitor=self.monitor,
        )
        for gateway in ("g1", "g2"):
            self.files.enrol(gateway)
        command = ["nats-server", "-c", str(self.files.configuration)]
        self.part = Part("nats", folder, command, self.port)

    @property
    def authority(self) -> Path:
        """The folder of the district's authority."""
        return self.files.folder / "authority"

    async def client(
        self,
        name: str,
        errors: list[Exception] | None = None,
        pair: tuple[Path, Path] | None = None,
    ) -> Client:
        """Connect as somebody. ``errors`` takes what the engine refuses.

        ``pair``: certificate and key, if not those that the district's authority has for the name.
        """

        async def refused(error: Exception) -> None:
            if errors is not None:
                errors.append(error)

        context = ssl.create_default_context(cafile=self.authority / "ca.pem")
        own = self.authority / f"{name}.pem", self.authority / f"{name}.key"
        context.load_cert_chain(*(pair or own))
        return await nats.connect(
            f"tls://127.0.0.1:{self.port}",
            tls=context,
            tls_handshake_first=True,
            inbox_prefix=f"_INBOX_{name}",
            allow_reconnect=False,
            max_reconnect_attempts=1,
            error_cb=refused,
        )


@asynccontextmanager
async def secured(folder: Path) -> AsyncIterator[Secured]:
    """Yield a running engine."""
    engine = Secured(folder)
    await engine.part.start()
    try:
        yield engine
    finally:
        await engine.part.kill()
