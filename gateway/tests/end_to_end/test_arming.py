"""A partition armed as Home Assistant would, a door that opens, and the police."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from callpoint_gateway.arming.keypad import MISSES
from callpoint_gateway.configuration.arming_codes import sealed
from callpoint_gateway.configuration.names import PANEL_USER
from callpoint_gateway.journal.entries import ArmingBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_rig.rig import SITE, Rig
from callpoint_rig.virtual_board import VirtualBoard

SOON_S = 60.0
TOPIC = f"callpoint/panel/{SITE}/flat"
CODE = "4711"


class HomeAssistant:
    """A client of the broker that shows and commands as Home Assistant's panel does."""

    def __init__(self, rig: Rig) -> None:
        self.states: list[str] = []
        self.events: list[dict[str, str]] = []
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
        if message.topic == f"{TOPIC}/event":
            self.events.append(json.loads(message.payload))
            return
        self.retained[message.topic] = message.payload
        if message.topic == f"{TOPIC}/state":
            state = message.payload.decode()
            if not self.states or self.states[-1] != state:
                self.states.append(state)

    def says(self, action: str, of: str = TOPIC, **more: object) -> None:
        """Send what the announced template renders to in Home Assistant."""
        command = {"action": action, "code": None, **more}
        self._client.publish(f"{of}/set", json.dumps(command), qos=1)

    def left(self) -> set[str]:
        """Return the topics that hold something."""
        found = {topic for topic, body in self.retained.items() if body}
        return {topic for topic in found if not topic.endswith("/set")}

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


async def restart(rig: Rig, panel: HomeAssistant, meanwhile: str = "") -> None:
    """Kill the gateway, and start it again; then its panels obey what is said from now on."""
    availability = f"callpoint/panel/{SITE}/availability"
    await rig.gateway.kill()
    if meanwhile:
        panel.says(meanwhile, code=CODE)
    await panel.until(lambda: panel.retained[availability] == b"offline")
    await rig.start_gateway()
    await panel.until(lambda: panel.retained[availability] == b"online")


def test_a_door_that_opens_while_nobody_disarms_is_an_alarm(tmp_path: Path) -> None:
    rig = guarded(tmp_path, exit_s=1, tls=True)
    door = front(rig)

    async def run() -> None:
        async with rig:
            await door.until_up(SOON_S)
            panel = HomeAssistant(rig)
            await panel.until_state("disarmed")
            found = f"homeassistant/alarm_control_panel/callpoint_{SITE}_flat/config"
            await panel.until(lambda: found in panel.retained)
            assert json.loads(panel.retained[found])["command_topic"] == f"{TOPIC}/set"
            availability = f"callpoint/panel/{SITE}/availability"
            await panel.until(lambda: panel.retained.get(availability) == b"online")
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
            await panel.until(lambda: "wrong code" in panel.refused())
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
        await restart(rig, panel, meanwhile)
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
            said = json.loads(await command(rig, "disarm", "flat", "--as", "operator", "--json"))
            assert (said["state"], said["changed_by"]) == ("disarmed", "operator")
            await panel.until_state("disarmed")
            assert steps(rig) == ["armed", "pending", "disarmed"]
            said = await command(rig, "events", "--kind", "arming", "--json")
            last = json.loads(said.splitlines()[-1])
            assert (last["source"], last["state"]) == ("flat", "disarmed")
            assert last["reason"] == f"operator (cli:{os.geteuid()})"
            panel.close()
        assert not rig.receiver.received

    asyncio.run(run())


def with_attic(folder: Path) -> tuple[Rig, VirtualBoard]:
    """Return a rig with a second partition, and the board at the door of the first one."""
    rig = guarded(folder)
    door = front(rig)
    rig.partitions += ["[[partition]]", 'id = "attic"', 'place = "home"', "exit_s = 0"]
    return rig, door


def test_home_assistant_is_told_what_there_is_and_needs_a_code_only_to_disarm(
    tmp_path: Path,
) -> None:
    rig, door = with_attic(tmp_path)

    async def run() -> None:
        async with rig:
            await door.until_up(SOON_S)
            panel = HomeAssistant(rig)
            await panel.until_state("disarmed")
            topic = f"homeassistant/alarm_control_panel/callpoint_{SITE}_flat/config"
            await panel.until(lambda: topic in panel.retained)
            announced = json.loads(panel.retained[topic])
            assert "| tojson" in announced["command_template"]
            assert announced["device"]["manufacturer"] == "Callpoint"
            assert announced["device"]["model"]
            assert announced["device"]["sw_version"]
            refusals = f"homeassistant/event/callpoint_{SITE}_flat_refused/config"
            assert json.loads(panel.retained[refusals])["event_types"] == ["refused"]
            # What stands for no code is none, and counts for nothing.
            for code in (None, "None", "", "null") * MISSES:
                before = len(panel.events)
                panel.says("DISARM", code=code)
                await panel.until(lambda before=before: len(panel.events) > before)  # type: ignore[misc]
            assert "needs a code" in panel.refused()
            panel.says(CODE)
            await panel.until(lambda: "no such action" in panel.refused())
            assert CODE not in rig.gateway.log.read_text()
            assert not panel.attributes()["locked"]
            panel.says("ARM_AWAY", code="None")
            await panel.until_state("armed_away")
            assert panel.refused() == ""
            panel.close()

    asyncio.run(run())


def test_home_assistant_is_told_of_refusals_and_of_the_lock(tmp_path: Path) -> None:
    rig, door = with_attic(tmp_path)

    async def run() -> None:
        async with rig:
            await door.until_up(SOON_S)
            panel = HomeAssistant(rig)
            await panel.until_state("disarmed")
            # A refusal is an event, and over with a command from elsewhere; force by its button.
            await door.press("contact")
            await panel.until(lambda: panel.attributes()["open"] == ["front/1"])
            panel.says("ARM_AWAY")
            await panel.until(lambda: "not ready" in panel.refused())
            assert panel.events[-1]["event_type"] == "refused"
            assert "front/1" in panel.events[-1]["reason"]
            await command(rig, "arm", "flat", "--force")
            await panel.until_state("armed_away")
            await panel.until(lambda: panel.refused() == "")
            panel.says("DISARM", code=CODE)
            await panel.until_state("disarmed")
            panel.says("ARM_CUSTOM_BYPASS")
            await panel.until_state("armed_away")
            assert panel.attributes()["bypassed"] == ["front/1"]
            # Each wrong code is told, the lock is shown at once, and it is this panel's only.
            for _ in range(MISSES):
                panel.says("DISARM", code='0"\n0')
            await panel.until(lambda: bool(panel.attributes()["locked"]))
            await rig.receiver.until(lambda one: one.code == "JA", SOON_S)
            attic = json.loads(panel.retained[f"callpoint/panel/{SITE}/attic/attributes"])
            assert not attic["locked"]
            panel.says("DISARM", code=CODE)
            await panel.until(lambda: "too many wrong codes" in panel.refused())
            await restart(rig, panel)
            before = len(panel.events)
            panel.says("DISARM", code=CODE)
            await panel.until(lambda: len(panel.events) > before)
            assert "too many wrong codes" in panel.events[-1]["reason"]
            await panel.until(lambda: bool(panel.attributes()["locked"]))
            panel.close()

    asyncio.run(run())


def test_what_was_withdrawn_stays_away_from_a_broker_that_died_before_it_saved(
    tmp_path: Path,
) -> None:
    """Its file still has what was acknowledged as withdrawn, and so it comes back with it."""
    rig = guarded(tmp_path)

    async def run() -> None:
        async with rig:
            panel = HomeAssistant(rig)
            await panel.until(lambda: len(panel.left()) == 5)
            os.kill(rig.broker.pid, signal.SIGUSR1)  # save now
            await until_saved(rig)
            await rig.gateway.kill()
            file = rig.folder / "gateway.toml"
            file.write_text(file.read_text().replace("mqtt = true", "mqtt = false"))
            await rig.start_gateway()
            await panel.until(lambda: panel.left() == set())
            await rig.broker.kill()
            panel.close()
            os.kill(rig.gateway.pid, signal.SIGSTOP)
            await rig.broker.start()
            panel = HomeAssistant(rig)
            await panel.until(lambda: len(panel.left()) == 5)  # they have come back
            os.kill(rig.gateway.pid, signal.SIGCONT)
            await panel.until(lambda: panel.left() == set())
            panel.close()

    asyncio.run(run())


async def until_saved(rig: Rig) -> None:
    """Wait until the broker's file has what is retained for the panels."""
    async with asyncio.timeout(SOON_S):
        while True:
            with contextlib.suppress(OSError):
                if b"callpoint_estate_flat" in (rig.folder / "broker/mosquitto.db").read_bytes():
                    return
            await asyncio.sleep(0.05)


def test_what_was_left_at_the_broker_is_withdrawn_when_it_ends(tmp_path: Path) -> None:
    rig = guarded(tmp_path)
    door = front(rig)
    attic = ["[[partition]]", 'id = "attic"', 'place = "home"', "exit_s = 0"]
    rig.partitions += attic

    async def again(*changes: tuple[str, str]) -> None:
        await rig.gateway.kill()
        for file in ("gateway.toml", "register.toml"):
            text = (rig.folder / file).read_text()
            for before, after in changes:
                text = text.replace(before, after)
            (rig.folder / file).write_text(text)
        await rig.start_gateway()

    def topics(name: str) -> set[str]:
        return {f"callpoint/panel/{SITE}/{name}/{what}" for what in ("state", "attributes")}

    def announcements(name: str) -> set[str]:
        of = f"callpoint_{SITE}_{name}"
        return {
            f"homeassistant/alarm_control_panel/{of}/config",
            f"homeassistant/event/{of}_refused/config",
        }

    async def run() -> None:
        async with rig:
            await door.until_up(SOON_S)
            panel = HomeAssistant(rig)
            there = {f"callpoint/panel/{SITE}/availability"}
            flat = topics("flat") | announcements("flat")
            everything = there | flat | topics("attic") | announcements("attic")
            await panel.until(lambda: panel.left() == everything)
            panel.says("ARM_AWAY", of=f"callpoint/panel/{SITE}/attic")
            state = f"callpoint/panel/{SITE}/attic/state"
            await panel.until(lambda: panel.retained[state] == b"armed_away")
            await again(("\n".join(attic), ""))
            await panel.until(lambda: panel.left() == there | flat)
            await again(("discovery = true", "discovery = false"))
            await panel.until(lambda: panel.left() == there | topics("flat"))
            await again(("mqtt = true", "mqtt = false"))
            await panel.until(lambda: panel.left() == set())
            panel.close()

    asyncio.run(run())
