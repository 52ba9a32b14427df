"""The gateway finds out by itself what its broker does wrong, and when it has been mended."""

import asyncio
import re
from pathlib import Path

from callpoint_gateway.journal.entries import FaultBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_rig.rig import Rig

SOON_S = 30.0


def faults(rig: Rig) -> list[tuple[str, bool]]:
    with Reader(rig.state_dir / "alarms.db") as reader:
        bodies = [one.body for one in reader.all_of(Type.FAULT)]
    return [(one.source, one.active) for one in bodies if isinstance(one, FaultBody)]


async def until(rig: Rig, source: str, active: bool) -> None:
    async with asyncio.timeout(SOON_S):
        while [last for name, last in faults(rig) if name == source][-1:] != [active]:
            await asyncio.sleep(0.05)


async def said(rig: Rig, words: str) -> None:
    async with asyncio.timeout(SOON_S):
        while words not in rig.gateway.log.read_text():
            await asyncio.sleep(0.05)


def test_what_is_wrong_is_named_and_ends_when_mended(tmp_path: Path) -> None:
    async def go() -> None:
        rig = Rig(tmp_path)
        settings = tmp_path / "broker/mosquitto.conf"
        right = settings.read_text()
        wrong = re.sub("max_inflight_messages .*", "max_inflight_messages 20", right)
        settings.write_text(wrong.replace("persistence true", "persistence false"))
        async with rig:
            await until(rig, "broker/in-flight", active=True)
            assert ("broker/persistence", True) not in faults(rig)
            # A broker without persistence forgets the sessions when it is started again.
            await rig.broker.stop()
            settings.write_text(right)
            await rig.broker.start()
            await until(rig, "broker/persistence", active=True)
            await until(rig, "broker/in-flight", active=False)
            await rig.broker.stop()
            await rig.broker.start()
            await until(rig, "broker/persistence", active=False)
            await said(rig, "it has kept all of")
        log = rig.gateway.log.read_text()
        assert "set max_inflight_messages 1000" in log
        assert "set persistence true" in log
        found = [name for name, active in faults(rig) if active]
        assert set(found) <= {
            "broker/in-flight",
            "broker/persistence",
            "clock",
            "centre/police",
        }

    asyncio.run(go())
