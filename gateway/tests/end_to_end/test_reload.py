"""Configuration and register are read again while events come in: none may be lost."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from callpoint_gateway.broker.probe import probe
from callpoint_gateway.configuration.config import Broker
from callpoint_gateway.control.client import Unanswered, ask
from callpoint_gateway.journal.entries import Type
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.reload import AskReloadState
from callpoint_protocol import messages, names, topics
from callpoint_rig.ports import free_port
from callpoint_rig.rig import SITE, Rig

SOON_S = 60.0
MANY = 1_000_000
PORTION = 10
PAUSE_S = 0.02


def stored(rig: Rig, device: str) -> list[int]:
    with Reader(rig.state_dir / "alarms.db") as reader:
        entries = reader.read(0, MANY, [Type.EVENT])
    return [one.seq or 0 for one in entries if one.device == device]


def raise_alarms(port: int, device: str, stop: threading.Event | None = None) -> int:
    """Publish ten alarms, or until ``stop``, acknowledged by the broker; return how many."""
    topic = topics.topic(SITE, device, names.EVENT)
    raised = 0
    with probe(Broker(port=port), f"{device}-itself") as peer:
        while True:
            numbers = range(raised + 1, raised + 1 + PORTION)
            peer.publish(
                topic,
                [messages.encode_event(7, seq, names.PANIC, names.ALARM, 1) for seq in numbers],
            )
            peer.turn()
            raised += PORTION
            if stop is None or stop.wait(PAUSE_S):
                return raised


async def until_stored(rig: Rig, device: str, number: int) -> None:
    async with asyncio.timeout(SOON_S):
        while len(stored(rig, device)) < number:
            await asyncio.sleep(0.05)


async def reload(rig: Rig) -> tuple[int, str]:
    """Run the command and return its exit code and what it said."""
    command = [sys.executable, "-m", "callpoint_cli.main", "reload", "-c"]
    said = await asyncio.to_thread(
        subprocess.run,
        [*command, str(rig.folder / "gateway.toml")],
        capture_output=True,
        text=True,
        check=False,
    )
    return said.returncode, said.stdout + said.stderr


async def until_built(rig: Rig, number: int) -> None:
    """Wait until the gateway has been built so often; meanwhile nobody answers for a moment."""
    async with asyncio.timeout(SOON_S):
        while True:
            with suppress(Unanswered):
                state = await asyncio.to_thread(ask, rig.state_dir, AskReloadState())
                if state.number >= number:
                    return
            await asyncio.sleep(0.02)


async def until_refused(rig: Rig, words: str) -> None:
    """Wait until the gateway says that its last reload was refused, and why."""
    async with asyncio.timeout(SOON_S):
        while words not in await refusal(rig):
            await asyncio.sleep(0.02)


async def refusal(rig: Rig) -> str:
    return (await asyncio.to_thread(ask, rig.state_dir, AskReloadState())).problem


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_nothing_is_lost_while_it_is_reloaded(tmp_path: Path) -> None:
    async def go() -> None:
        rig = Rig(tmp_path)
        rig.device("button", [{"zone": 1, "kind": "panic"}])
        async with rig:
            pid = rig.gateway.pid
            stop = threading.Event()
            raising = asyncio.create_task(
                asyncio.to_thread(raise_alarms, rig.port, "button", stop)
            )
            try:
                await until_stored(rig, "button", PORTION)
                rig.silent_after_s = 170
                rig.write_configuration()
                assert await reload(rig) == (0, "reloaded; changed: register\n")
                os.kill(rig.gateway.pid, signal.SIGHUP)
                await until_built(rig, 3)
                before = len(stored(rig, "button"))
                await until_stored(rig, "button", before + PORTION)
            finally:
                stop.set()
            raised = await raising
            await until_stored(rig, "button", raised)
            assert stored(rig, "button") == list(range(1, raised + 1))
            assert rig.gateway.pid == pid
        assert "Traceback" not in rig.gateway.log.read_text()

    asyncio.run(go())


def test_a_new_device_is_known_after_it(tmp_path: Path) -> None:
    async def go() -> None:
        rig = Rig(tmp_path)
        rig.device("button", [{"zone": 1, "kind": "panic"}])
        async with rig:
            await asyncio.to_thread(raise_alarms, rig.port, "door")
            rig.device("door", [{"zone": 1, "kind": "panic"}])
            rig.write_configuration()
            assert (await reload(rig))[0] == 0
            await asyncio.to_thread(raise_alarms, rig.port, "door")
            await until_stored(rig, "door", PORTION)
            assert stored(rig, "door") == list(range(1, 1 + PORTION))

    asyncio.run(go())


@pytest.mark.parametrize(
    ("old", "new", "said", "code"),
    [
        ("port = {port}", "port = {port}\nporrt = 1", "unknown key 'porrt'", 2),
        (f'site = "{SITE}"', 'site = "another"', "site of [gateway] cannot change", 4),
    ],
)
def test_what_is_wrong_changes_nothing(
    tmp_path: Path, old: str, new: str, said: str, code: int
) -> None:
    async def go() -> None:
        rig = Rig(tmp_path)
        rig.device("button", [{"zone": 1, "kind": "panic"}])
        async with rig:
            port = str(rig.port)
            replace(
                tmp_path / "gateway.toml", old.replace("{port}", port), new.replace("{port}", port)
            )
            found, printed = await reload(rig)
            assert found == code
            assert said in printed
            # The same by signal: nobody waits for an answer, but who asks then is told.
            assert await refusal(rig) == ""
            os.kill(rig.gateway.pid, signal.SIGHUP)
            await until_refused(rig, said)
            assert "nothing is changed: " in await refusal(rig)
            await asyncio.to_thread(raise_alarms, rig.port, "button")
            await until_stored(rig, "button", PORTION)
            assert rig.gateway.heard.count("READY=1") == 1
            assert "RELOADING=1" not in rig.gateway.heard

    asyncio.run(go())


def test_what_cannot_start_makes_way_for_what_ran(tmp_path: Path) -> None:
    async def go() -> None:
        rig = Rig(tmp_path)
        rig.device("button", [{"zone": 1, "kind": "panic"}])
        async with rig:
            taken = rig.port  # by the broker
            rig.sections += ["[status]", f"port = {taken}"]
            rig.write_configuration()
            code, printed = await reload(rig)
            assert code == 4
            assert "goes on with what it had" in printed
            assert f"cannot listen on 127.0.0.1:{taken}" in printed
            await asyncio.to_thread(raise_alarms, rig.port, "button")
            await until_stored(rig, "button", PORTION)
            # And a right one is taken afterwards.
            rig.sections[-1] = f"port = {free_port()}"
            rig.write_configuration()
            assert await reload(rig) == (0, "reloaded; changed: status\n")

    asyncio.run(go())


def test_systemd_hears_of_a_reload_and_of_no_end(tmp_path: Path) -> None:
    async def go() -> None:
        rig = Rig(tmp_path / "rig")
        async with rig:
            assert "RELOADING=1" not in rig.gateway.heard
            os.kill(rig.gateway.pid, signal.SIGHUP)
            await rig.gateway.until_ready(2, SOON_S)
            heard = [one for one in rig.gateway.heard if one in ("READY=1", "RELOADING=1")]
            assert heard == ["READY=1", "RELOADING=1", "READY=1"]
            assert "STOPPING=1" not in rig.gateway.heard
        assert rig.gateway.heard[-1] == "STOPPING=1"

    asyncio.run(go())
