"""A partition armed as Home Assistant would, a door that opens, and the police."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from callpoint_gateway.configuration.arming_codes import sealed
from callpoint_gateway.configuration.names import PANEL_USER
from callpoint_gateway.journal.entries import ArmingBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_rig.rig import SITE, Rig
from callpoint_rig.virtual_board import VirtualBoard

SOON_S = 30.0
TOPIC = f"callpoint/panel/{SITE}/flat"
CODE = "4711"


class HomeAssistant:
    """A client of the broker that shows and commands as Home Assistant's panel does."""

    def __init__(self, rig: Rig) -> None:
        self.states: list[str] = []
        self.retained: dict[str, bytes] = {}
        self.subscribed = False
        self._client = paho.Client(CallbackAPIVersion.VERSION2, "home-assistant")
        if rig.authority is not None:
            mine = rig.authority.client(PANEL_USER, again=True)
            self._client.tls_set(
                str(rig.authority.ca_file), str(mine.certificate_file), str(mine.key_file)
            )
        self._client.on_message = self._heard
        self._client.on_subscribe = self._listening
        self._client.connect("127.0.0.1", rig.port)
        self._client.subscribe([("callpoint/panel/#", 1), ("homeassistant/#", 1)])
        self._client.loop_start()

    def _listening(self, *_: object) -> None:
        self.subscribed = True

    def _heard(self, client: object, data: object, message: paho.MQTTMessage) -> None:
        self.retained[message.topic] = message.payload
        if message.topic == f"{TOPIC}/state":
            state = message.payload.decode()
            if not self.states or self.states[-1] != state:
                self.states.append(state)

    def says(self, action: str, **more: object) -> None:
        self._client.publish(f"{TOPIC}/set", json.dumps({"action": action, **more}), qos=1)

    def attributes(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.retained.get(f"{TOPIC}/attributes", b"{}"))
        return found

    def refused(self) -> str:
        return str(self.attributes().get("refused"))

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SOON_S):
            while not condition():
                await asyncio.sleep(0.01)

    async def until_state(self, state: str) -> None:
        await self.until(lambda: bool(self.states) and self.states[-1] == state)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        # Nothing may refer to itself: only a client that goes at once closes all its sockets.
        self._client.on_message = self._client.on_subscribe = None
        del self._client


async def command(rig: Rig, *words: str, code: int = 0) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "callpoint_cli.main", *words, "-c", str(rig.folder / "gateway.toml")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, complained = await process.communicate()
    assert process.returncode == code, (printed, complained)
    return printed.decode() + complained.decode()


def guarded(folder: Path, *, exit_s: int = 0, entry_s: int = 1, tls: bool = False) -> Rig:
    rig = Rig(folder, tls=tls)
    rig.partitions = [
        "[[partition]]",
        'id = "flat"',
        'place = "home"',
        f"exit_s = {exit_s}",
        f"entry_s = {entry_s}",
    ]
    codes = folder / "codes.toml"
    codes.touch(mode=0o600)
    codes.write_text(f'resident = "{sealed(CODE)}"\n')
    rig.sections += ["[arming]", "mqtt = true", "discovery = true", 'codes_file = "codes.toml"']
    return rig


def front(rig: Rig, **more: object) -> VirtualBoard:
    zone = {"zone": 1, "kind": "door", "input": "contact", "guarded_by": "flat", "entry": True}
    return rig.board("front", [zone | more, {"zone": 2, "kind": "panic", "input": "button"}])


def steps(rig: Rig) -> list[str]:
    with Reader(rig.state_dir / "alarms.db") as reader:
        return [
            entry.body.panel.state.value
            for entry in reader.all_of(Type.ARMING)
            if isinstance(entry.body, ArmingBody)
        ]


def test_a_door_that_opens_while_nobody_disarms_is_an_alarm(tmp_path: Path) -> None:
    rig = guarded(tmp_path, exit_s=1, tls=True)
    door = front(rig)

    async def run() -> None:
        async with rig:
            await door.until_up(SOON_S)
            panel = HomeAssistant(rig)
            await panel.until_state("disarmed")
            announced = json.loads(
                panel.retained[f"homeassistant/alarm_control_panel/callpoint_{SITE}_flat/config"]
            )
            assert announced["command_topic"] == f"{TOPIC}/set"
            assert panel.retained[f"callpoint/panel/{SITE}/availability"] == b"online"
            # Disarmed, a door is no alarm; a panic button is, always.
            await door.press("contact")
            await door.press("button")
            await rig.receiver.until(lambda one: one.code == "PA", SOON_S)
            await panel.until(lambda: panel.attributes()["open"] == ["front/1"])
            await door.set("contact", 0)
            await panel.until(lambda: panel.attributes()["open"] == [])
            panel.says("ARM_AWAY")
            await panel.until_state("armed_away")
            await door.press("contact")
            await panel.until_state("pending")
            panel.says("DISARM", code="0000")
            await panel.until(lambda: panel.attributes().get("refused") == "wrong code")
            await rig.receiver.until(lambda one: one.code == "BA", SOON_S)
            await panel.until_state("triggered")
            assert panel.attributes()["alarmed"] == ["front/1"]
            panel.says("DISARM", code=CODE)
            await panel.until_state("disarmed")
            assert panel.attributes()["changed_by"] == "resident"
            await rig.receiver.until(lambda one: one.code == "BC", SOON_S)
            await door.set("contact", 0)
            await rig.receiver.until(lambda one: one.code == "BH", SOON_S)
            assert panel.states == [
                *("disarmed", "arming", "armed_away", "pending", "triggered", "disarmed")
            ]
            panel.close()
        log = rig.gateway.log.read_text()
        assert CODE not in log
        assert "Traceback" not in log
        assert CODE.encode() not in (rig.state_dir / "alarms.db").read_bytes()

    asyncio.run(run())


def test_killed_in_each_state_it_is_the_same_afterwards(tmp_path: Path) -> None:
    rig = guarded(tmp_path, exit_s=0, entry_s=600)
    door = front(rig)

    async def cut_power(panel: HomeAssistant, state: str, meanwhile: str = "") -> None:
        before = steps(rig)
        await rig.gateway.kill()
        if meanwhile:
            panel.says(meanwhile, code=CODE)
        await panel.until(
            lambda: panel.retained[f"callpoint/panel/{SITE}/availability"] == b"offline"
        )
        await rig.start_gateway()
        await panel.until(
            lambda: panel.retained[f"callpoint/panel/{SITE}/availability"] == b"online"
        )
        assert panel.states[-1] == state
        assert steps(rig) == before

    async def run() -> None:
        async with rig:
            await door.until_up(SOON_S)
            panel = HomeAssistant(rig)
            await panel.until_state("disarmed")
            await cut_power(panel, "disarmed")
            # From the command line; the door is open, so it has to be forced.
            await door.press("contact")
            await panel.until(lambda: panel.attributes()["open"] == ["front/1"])
            refused = await command(rig, "arm", "flat", "--mode", "night", code=4)
            assert "not ready: front/1" in refused
            await door.set("contact", 0)
            await panel.until(lambda: panel.attributes()["open"] == [])
            said = await command(rig, "arm", "flat", "--mode", "night", "--lang", "zh")
            assert said == "flat: 已布防（夜间）\n"
            await panel.until_state("armed_night")
            # Nobody waits for ever for what a panel asked of a gateway that was away.
            await cut_power(panel, "armed_night", meanwhile="DISARM")
            await panel.until(lambda: "while the gateway was away" in panel.refused())
            assert panel.states[-1] == "armed_night"
            await door.press("contact")
            await panel.until_state("pending")
            await cut_power(panel, "pending")
            said = json.loads(await command(rig, "disarm", "flat", "--as", "guard", "--json"))
            assert (said["state"], said["changed_by"]) == ("disarmed", "guard")
            await panel.until_state("disarmed")
            assert steps(rig) == ["armed", "pending", "disarmed"]
            said = await command(rig, "events", "--kind", "arming", "--json")
            last = json.loads(said.splitlines()[-1])
            assert (last["source"], last["state"]) == ("flat", "disarmed")
            assert last["reason"] == "guard (cli)"
            panel.close()
        assert not rig.receiver.received

    asyncio.run(run())
