"""The command line asks a running gateway: answers, refusals, and who may ask."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from callpoint_gateway.control.socket import MAX_LINE, SOCKET, Control, Refused, Unanswered, ask


@asynccontextmanager
async def _control(folder: Path) -> AsyncIterator[Control]:
    control = Control(folder)

    async def later(arguments: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"later": arguments["number"] + 1}

    def never(arguments: dict[str, Any]) -> dict[str, Any]:
        raise Refused("not today; ask tomorrow")

    control.register("echo", lambda arguments: arguments)
    control.register("later", later)
    control.register("never", never)
    await control.start()
    try:
        yield control
    finally:
        await control.close()


def test_it_answers_now_later_and_not_at_all(tmp_path: Path) -> None:
    async def play() -> None:
        async with _control(tmp_path):
            text = {"reason": 'Wartung "Süd" 维护'}
            assert await asyncio.to_thread(ask, tmp_path, "echo", **text) == text
            assert await asyncio.to_thread(ask, tmp_path, "later", number=1) == {"later": 2}
            with pytest.raises(Refused, match="not today; ask tomorrow"):
                await asyncio.to_thread(ask, tmp_path, "never")
            with pytest.raises(Refused, match="knows no 'other'"):
                await asyncio.to_thread(ask, tmp_path, "other")

    asyncio.run(play())


def test_a_mistake_in_a_command_is_no_end_of_the_gateway(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def play() -> None:
        async with _control(tmp_path):
            with pytest.raises(Refused, match="its log says why"):
                await asyncio.to_thread(ask, tmp_path, "later", number="one")
            # Neither is rubbish, nor a line without an end.
            for rubbish in (b"{\n", b"[1]\n", b"\xff\n", b"x" * (MAX_LINE + 10)):
                reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET)
                writer.write(rubbish)
                writer.write_eof()
                said = await reader.read()
                assert said == b"" or b"not a line of JSON" in said
                writer.close()
            assert await asyncio.to_thread(ask, tmp_path, "later", number=3) == {"later": 4}

    asyncio.run(play())
    (record,) = [one for one in caplog.records if "the command later failed" in one.getMessage()]
    assert record.exc_info is not None


def test_it_is_nobody_elses_to_use(tmp_path: Path) -> None:
    async def play() -> None:
        before = os.umask(0)
        try:
            async with _control(tmp_path):
                assert stat.S_IMODE((tmp_path / SOCKET).stat().st_mode) == 0o600
        finally:
            os.umask(before)

    asyncio.run(play())


def test_what_an_earlier_gateway_left_is_no_hindrance(tmp_path: Path) -> None:
    # As deep as a state directory may be: a socket's own path is limited to 107 bytes.
    folder = tmp_path / ("a" * 100) / ("b" * 100)
    folder.mkdir(parents=True)

    async def play() -> None:
        control = Control(folder)
        await control.start()
        async with _control(folder):  # the first one's socket is still there, as after a kill
            assert await asyncio.to_thread(ask, folder, "later", number=1) == {"later": 2}
        await control.close()

    asyncio.run(play())


def test_without_a_gateway_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unanswered, match="start it: callpoint run"):
        ask(tmp_path, "echo")
    with pytest.raises(Unanswered, match="start it: callpoint run"):
        ask(tmp_path / "nowhere", "echo")
