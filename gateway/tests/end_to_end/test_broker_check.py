"""The gateway finds out by itself what its broker does wrong, and when it has been mended."""

import asyncio
import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from callpoint_gateway.broker.probe import probe
from callpoint_gateway.broker.truths import NAMES
from callpoint_gateway.configuration.config import Broker
from callpoint_gateway.control.client import ask
from callpoint_gateway.journal.entries import FaultBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.supervision.faults import SupervisedState
from callpoint_gateway.supervision.questions import ListSupervised
from callpoint_rig.ports import free_port
from callpoint_rig.rig import Rig

SOON_S = 60.0
SOURCES = [f"broker/{name}" for name in NAMES]


def faults(rig: Rig) -> list[tuple[str, bool]]:
    with Reader(rig.state_dir / "alarms.db") as reader:
        bodies = [one.body for one in reader.all_of(Type.FAULT)]
    return [(one.source, one.active) for one in bodies if isinstance(one, FaultBody)]


def remedy(rig: Rig, source: str) -> str:
    with Reader(rig.state_dir / "alarms.db") as reader:
        bodies = [one.body for one in reader.all_of(Type.FAULT)]
    (found,) = {
        body.remedy
        for body in bodies
        if isinstance(body, FaultBody) and body.active and body.source == source
    }
    return found


async def until(rig: Rig, source: str, active: bool) -> None:
    async with asyncio.timeout(SOON_S):
        while [last for name, last in faults(rig) if name == source][-1:] != [active]:
            await asyncio.sleep(0.05)


async def until_examined(rig: Rig) -> None:
    """Wait until everything of the broker has been found right on its newest connections."""
    async with asyncio.timeout(SOON_S):
        while True:
            found = await asyncio.to_thread(ask, rig.state_dir, ListSupervised())
            broker = [part for part in found.supervised if part.source in SOURCES]
            if len(broker) == len(SOURCES) and all(
                part.state is SupervisedState.OK for part in broker
            ):
                return
            await asyncio.sleep(0.05)


def shown(rig: Rig, port: int) -> None:
    """Check that the metrics, the supervision and the doctor say what to do."""
    source, wanted = "broker/in-flight", "set max_inflight_messages 1000"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        page = answer.read().decode()
    assert f'callpoint_fault_remedy{{remedy="{wanted}",source="{source}"}} 1.0' in page
    supervised = ask(rig.state_dir, ListSupervised()).supervised
    (row,) = [part for part in supervised if part.source == source]
    assert row.remedy == wanted
    command = [sys.executable, "-m", "callpoint_cli.main", "doctor", "--json", "-c"]
    done = subprocess.run(
        [*command, str(rig.folder / "gateway.toml")], capture_output=True, text=True, check=False
    )
    found = {one["what"]: one for one in json.loads(done.stdout)}
    assert found[f"fault {source}"]["remedy"] == wanted
    assert found["broker in-flight"]["remedy"] == wanted


def test_what_is_wrong_is_named_and_ends_when_mended(tmp_path: Path) -> None:
    async def go() -> None:
        rig = Rig(tmp_path)
        port = free_port()
        rig.sections += ["[status]", f"port = {port}"]
        settings = tmp_path / "broker/mosquitto.conf"
        right = settings.read_text()
        wrong = re.sub("max_inflight_messages .*", "max_inflight_messages 20", right)
        settings.write_text(wrong.replace("persistence true", "persistence false"))
        async with rig:
            await until(rig, "broker/in-flight", active=True)
            assert ("broker/persistence", True) not in faults(rig)
            await asyncio.to_thread(shown, rig, port)
            # A broker without persistence forgets the sessions when it is started again.
            await rig.broker.stop()
            settings.write_text(right)
            await rig.broker.start()
            await until(rig, "broker/persistence", active=True)
            await until(rig, "broker/in-flight", active=False)
            await rig.broker.stop()
            await rig.broker.start()
            await until(rig, "broker/persistence", active=False)
            await until_examined(rig)
        assert remedy(rig, "broker/in-flight") == "set max_inflight_messages 1000"
        assert remedy(rig, "broker/persistence").startswith("set persistence true")
        found = [name for name, active in faults(rig) if active]
        assert set(found) <= {
            "broker/in-flight",
            "broker/persistence",
            "clock",
            "centre/police",
        }

    asyncio.run(go())


def test_a_second_gateway_of_the_site_is_a_fault_of_both(tmp_path: Path) -> None:
    """They take each other's sessions; each drop-out is too short to be one of the link."""

    async def go() -> None:
        rig = Rig(tmp_path)
        async with rig:
            await until_examined(rig)
            second = Rig(tmp_path / "second")
            second.broker, second.port = rig.broker, rig.port
            second.gateway_port = rig.gateway_port
            second.write_configuration()
            await second.start_gateway()
            try:
                for one in (rig, second):
                    await until(one, "broker/second-gateway", active=True)
                    await until(one, "broker/sessions", active=True)
            finally:
                await second.gateway.stop()
            for one in (rig, second):
                assert remedy(one, "broker/second-gateway").startswith("stop one of them")
                assert remedy(one, "broker/sessions").startswith("look for a second gateway")

    asyncio.run(go())


@pytest.mark.parametrize("session", ["events", "panels"])
def test_whoever_takes_the_gateways_sessions_is_a_fault(tmp_path: Path, session: str) -> None:
    """Also who says nothing there: on a broker that lets anybody have any client id."""

    async def go() -> None:
        rig = Rig(tmp_path)
        rig.sections = ["[arming]", "mqtt = true"]
        rig.partitions = ["[[partition]]", 'id = "flat"', 'place = "home"']
        async with rig:
            await until_examined(rig)
            broker = Broker(port=rig.port)
            async with asyncio.timeout(SOON_S):
                while ("broker/sessions", True) not in faults(rig):
                    await asyncio.to_thread(_take, broker, session)
            assert ("broker/second-gateway", True) not in faults(rig)
            with Reader(rig.state_dir / "alarms.db") as reader:
                told = [one.body for one in reader.all_of(Type.FAULT)]
            (begun,) = [
                one
                for one in told
                if isinstance(one, FaultBody) and one.source == "broker/sessions" and one.active
            ]
            assert re.search(rf"\({session} \d+ times\)", begun.reason)

    asyncio.run(go())


def _take(broker: Broker, session: str) -> None:
    with probe(broker, f"callpoint-estate-{session}"):
        pass
