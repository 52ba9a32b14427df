"""The order of a reload, with something served that takes its time to end."""

import asyncio
import threading
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from callpoint_gateway.configuration.config import Config, GatewaySettings
from callpoint_gateway.configuration.register import Register, load
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.reload import Reload
from callpoint_gateway.words.said import verbatim

SOON_S = 60.0


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
        await served.reload.ask()
        async with asyncio.timeout(SOON_S):
            await served.ends.wait()
            with pytest.raises(QuestionRefused, match="under way"):
                await served.reload.ask()
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
            raise ServiceError(verbatim("a part has died"))

        with pytest.raises(ServiceError, match="a part has died"):
            await reload.run(serve)

    asyncio.run(go())


def test_while_files_are_checked_the_loop_goes_on() -> None:
    checked, looked = threading.Event(), threading.Event()

    def slow_files() -> tuple[Config, Register]:
        if looked.is_set():
            assert checked.wait(SOON_S)
        return files()

    async def go() -> None:
        reload = Reload(slow_files)
        looked.set()
        asking = asyncio.create_task(reload.ask())
        await asyncio.sleep(0)
        # The loop runs, while the check does not end.
        with pytest.raises(QuestionRefused, match="under way"):
            await reload.ask()
        assert not asking.done()
        checked.set()
        async with asyncio.timeout(SOON_S):
            assert await asking == []

    asyncio.run(go())


def test_the_check_of_a_large_register_asks_for_each_type_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What grew with each table took seconds of 5,000 devices."""
    asked: list[object] = []
    real = msgspec.inspect.type_info
    monkeypatch.setattr(
        msgspec.inspect, "type_info", lambda type: asked.append(type) or real(type)
    )
    places = "".join(f'[[place]]\nid = "p{number}"\n' for number in range(300))
    (tmp_path / "register.toml").write_text(places)
    assert load(tmp_path / "register.toml").has_place("p299")
    assert len(asked) < 20


@pytest.mark.parametrize("raised", [ServiceError("the port is taken"), ZeroDivisionError("slip")])
def test_whatever_is_raised_while_it_is_built_anew_what_ran_comes_back(
    raised: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def go() -> Reload:
        first, second = files(), files()
        found = iter([first, second])
        reload = Reload(lambda: next(found))
        served: list[Config] = []
        up = asyncio.Event()

        async def serve(config: Config, register: Register) -> None:
            served.append(config)
            if config is second[0]:
                raise raised
            reload.started()
            up.set()
            await asyncio.Event().wait()

        running = asyncio.create_task(reload.run(serve))
        async with asyncio.timeout(SOON_S):
            await up.wait()
            up.clear()
            await reload.ask()
            await up.wait()
        assert [config is first[0] for config in served] == [True, False, True]
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        return reload

    reload = asyncio.run(go())
    assert str(raised) in str(reload.problem)
    assert ("ZeroDivisionError" in caplog.text) == isinstance(raised, ZeroDivisionError)
