"""The order of a reload, with something served that takes its time to end."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from callpoint_gateway.configuration.config import Config, GatewaySettings
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.reload import Reload

SOON_S = 20.0


def files() -> tuple[Config, Register]:
    gateway = GatewaySettings(site="estate", state_dir=str(Path()), register="register.toml")
    return Config(gateway=gateway), Register([], [])


class Served:
    """Ends when it is cancelled and then released; counts how often it ran and ended whole."""

    def __init__(self) -> None:
        self.reload = Reload(files)
        self.ends = asyncio.Event()
        self.released = asyncio.Event()
        self.runs = self.whole = 0

    async def serve(self, config: Config, register: Register) -> None:
        self.runs += 1
        self.reload.started()
        try:
            await asyncio.Event().wait()
        finally:
            self.ends.set()
            await self.released.wait()
            self.whole += 1


def test_told_to_stop_in_the_middle_of_a_reload_it_ends_in_order() -> None:
    async def go() -> Served:
        served = Served()
        running = asyncio.create_task(served.reload.run(served.serve))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        served.reload.ask()
        async with asyncio.timeout(SOON_S):
            await served.ends.wait()
            with pytest.raises(QuestionRefused, match="under way"):
                served.reload.ask()
            running.cancel()
            await asyncio.sleep(0)
            served.released.set()
            with suppress(asyncio.CancelledError):
                await running
        assert running.cancelled()
        return served

    served = asyncio.run(go())
    assert (served.runs, served.whole) == (1, 1)


def test_what_has_died_is_not_built_again() -> None:
    async def go() -> None:
        reload = Reload(files)

        async def serve(config: Config, register: Register) -> None:
            reload.started()
            raise ServiceError("a part has died")

        with pytest.raises(ServiceError, match="a part has died"):
            await reload.run(serve)

    asyncio.run(go())
