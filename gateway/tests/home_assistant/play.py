"""Rows H1 to H12 of what was found with Home Assistant, against the real one.

    python -m gateway.tests.home_assistant.play PYTHON

PYTHON: that of the environment in which Home Assistant is installed (`make home-assistant`).
Mosquitto has the generated configuration with certificates. Ends with 1 if a row is not kept.
"""

import asyncio
import json
import sys
import tempfile
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from callpoint_gateway.arming.keypad import FIRST_LOCK_S, MISSES
from callpoint_rig.rig import SITE, Rig
from callpoint_rig.virtual_board import VirtualBoard

from ..end_to_end.test_arming import CODE, command, front, guarded
from .server import SOON_S, HomeAssistant

FLAT: Final = f"alarm_control_panel.{SITE}_flat"
ATTIC: Final = f"alarm_control_panel.{SITE}_attic"
REFUSED: Final = f"event.{SITE}_flat_refused"
_ATTIC_REGISTER: Final = '[[partition]]\nid = "attic"\nplace = "home"\nexit_s = 0'
# The check of the broker once sent some 3,400 messages at each connection.
_FEW: Final = 60
_WATCHED_S: Final = 15


class House:
    """A gateway with two partitions, a board at a door, and Home Assistant."""

    def __init__(self, rig: Rig, door: VirtualBoard, panel: HomeAssistant) -> None:
        self.rig = rig
        self.door = door
        self.panel = panel

    async def attribute(self, name: str, entity: str = FLAT) -> object:
        """Return an attribute of an entity."""
        found = await self.panel.state(entity)
        assert found is not None, f"no {entity}"
        return found["attributes"].get(name)

    async def until_attribute(self, name: str, good: Callable[[object], bool]) -> None:
        """Wait until an attribute of the flat is good."""

        async def there() -> bool:
            return good(await self.attribute(name))

        await self.panel.until(there, SOON_S)

    async def until_refused(self, word: str) -> None:
        """Wait until the flat says that it has refused something for this reason."""
        await self.until_attribute("refused", lambda said: word in str(said))

    async def arm(self) -> None:
        """Arm the flat without a code."""
        await self.panel.do("alarm_control_panel/alarm_arm_away", entity_id=FLAT)
        await self.panel.until_state(FLAT, "armed_away")

    async def disarm(self, code: str = CODE) -> None:
        """Disarm the flat; with the right code it is disarmed."""
        await self.panel.do("alarm_control_panel/alarm_disarm", entity_id=FLAT, code=code)
        if code == CODE:
            await self.panel.until_state(FLAT, "disarmed")

    async def reload(self, *changes: tuple[str, str]) -> None:
        """Change the gateway's files, and have it read them."""
        for file in ("gateway.toml", "register.toml"):
            text = (self.rig.folder / file).read_text()
            for before, after in changes:
                text = text.replace(before, after)
            (self.rig.folder / file).write_text(text)
        await command(self.rig, "reload")

    async def gone(self, entity: str) -> None:
        """Wait until Home Assistant has no such entity."""

        async def away() -> bool:
            return await self.panel.state(entity) is None

        await self.panel.until(away, SOON_S)


async def h1_it_stays_connected(house: House) -> None:
    """It is not thrown out after its birth message, nor after anything else."""
    await house.panel.until_state(FLAT, "disarmed")
    for _ in range(4 * _WATCHED_S):
        found = await house.panel.state(FLAT)
        assert found is not None
        assert found["state"] != "unavailable"
        await asyncio.sleep(0.25)


async def h2_no_code_is_needed_to_arm(house: House) -> None:
    """With ``code_to_arm = false``."""
    await house.arm()
    await house.disarm()


async def h3_arming_without_a_code_locks_nothing(house: House) -> None:
    """However often."""
    for _ in range(MISSES + 1):
        await house.arm()
        await house.panel.do("alarm_control_panel/alarm_disarm", entity_id=FLAT)
        await house.disarm()
    assert await house.attribute("locked") is False


async def h4_codes_that_are_missing_are_named_by_the_check(house: House) -> None:
    """A configuration in which nothing could be armed is not good."""
    path = house.rig.folder / "gateway.toml"
    text = path.read_text()
    try:
        path.write_text(text.replace('codes_file = "codes.toml"', "code_to_arm = true"))
        assert "codes" in await command(house.rig, "config", "check", code=2)
    finally:
        path.write_text(text)


async def h8_a_code_is_a_text_and_nothing_else(house: House) -> None:
    """Quotes, new lines and keys in it are letters of a wrong code."""
    await house.arm()
    for code in ('0"\n0', '0","force":true,"x":"'):
        await house.disarm(code)
        await house.until_refused("wrong code")
        await house.disarm()
        await house.arm()
    await house.disarm()


async def h10_a_refusal_is_seen_and_over_with_the_next_command(house: House) -> None:
    """It is an event; a custom bypass arms in spite of an open door."""
    before = await house.panel.state(REFUSED)
    await house.door.press("contact")
    await house.until_attribute("open", lambda found: found == ["front/1"])
    await house.panel.do("alarm_control_panel/alarm_arm_away", entity_id=FLAT)
    await house.until_refused("not ready")
    after = await house.panel.state(REFUSED)
    assert after is not None
    assert after != before
    assert "front/1" in after["attributes"]["reason"]
    await command(house.rig, "arm", "flat", "--force")
    await house.panel.until_state(FLAT, "armed_away")
    await house.until_attribute("refused", lambda said: not said)
    await house.disarm()
    await house.panel.do("alarm_control_panel/alarm_arm_custom_bypass", entity_id=FLAT)
    await house.panel.until_state(FLAT, "armed_away")
    assert await house.attribute("bypassed") == ["front/1"]
    await house.disarm()
    await house.door.set("contact", 0)
    await house.until_attribute("open", lambda found: not found)


async def h6_a_lock_is_shown_as_long_as_it_lasts(house: House) -> None:
    """And only at the keypad that is locked; H11: a restart of the gateway does not end it."""
    for _ in range(MISSES):
        await house.disarm("0000")
    await house.until_attribute("locked", bool)
    assert await house.attribute("locked", ATTIC) is False
    await house.rig.gateway.kill()
    await house.rig.start_gateway()
    await house.panel.do("alarm_control_panel/alarm_disarm", entity_id=FLAT, code=CODE)
    await house.until_refused("too many wrong codes")
    assert await house.attribute("locked") is True

    async def over() -> bool:
        return await house.attribute("locked") is False

    await house.panel.until(over, FIRST_LOCK_S + SOON_S)
    await house.arm()
    await house.disarm()


async def h12_who_reads_everything_hears_of_no_check(house: House) -> None:
    """While the gateway connects anew and tries what the broker lets it do."""
    await house.panel.do("mqtt/dump", topic="#", duration=_WATCHED_S)
    await house.rig.gateway.kill()
    await house.rig.start_gateway()
    dump = house.panel.folder / "mqtt_dump.txt"

    async def written() -> bool:
        return dump.exists()

    await house.panel.until(written, _WATCHED_S + SOON_S)
    heard = dump.read_text().splitlines()
    assert heard, "it heard nothing at all"
    assert len(heard) < _FEW, f"{len(heard)} messages"
    assert not any("check" in line.split(",")[0] for line in heard)


async def h7_what_is_not_wanted_any_more_is_withdrawn(house: House) -> None:
    """A partition that is removed, and then all of them."""
    await house.panel.until_state(ATTIC, "disarmed")
    await house.reload((_ATTIC_REGISTER, ""))
    await house.gone(ATTIC)
    await house.panel.until_state(FLAT, "disarmed")
    await house.reload(("discovery = true", "discovery = false"))
    await house.gone(FLAT)
    await house.gone(REFUSED)


async def h11_the_device_has_a_maker_a_model_and_a_version(house: House) -> None:
    """On its page. It is read from what Home Assistant keeps, so it comes last."""
    await house.reload(("discovery = false", "discovery = true"))
    await house.panel.until_state(FLAT, "disarmed")
    await house.panel.stop()
    devices = house.panel.kept("core.device_registry")["devices"]
    (device,) = [one for one in devices if ["mqtt", f"callpoint_{SITE}"] in one["identifiers"]]
    assert device["manufacturer"] == "Callpoint"
    assert device["model"]
    assert device["sw_version"]
    assert "ERROR (MainThread) [homeassistant.components.mqtt" not in house.panel.log


ROWS: Final[tuple[Callable[[House], Awaitable[None]], ...]] = (
    h1_it_stays_connected,
    h2_no_code_is_needed_to_arm,
    h3_arming_without_a_code_locks_nothing,
    h4_codes_that_are_missing_are_named_by_the_check,
    h8_a_code_is_a_text_and_nothing_else,
    h10_a_refusal_is_seen_and_over_with_the_next_command,
    h6_a_lock_is_shown_as_long_as_it_lasts,
    h12_who_reads_everything_hears_of_no_check,
    h7_what_is_not_wanted_any_more_is_withdrawn,
    h11_the_device_has_a_maker_a_model_and_a_version,
)


async def play(python: Path, folder: Path) -> dict[str, str]:
    """Play all rows; return for each what went wrong, empty if nothing did."""
    rig = guarded(folder, tls=True)
    rig.partitions += _ATTIC_REGISTER.splitlines()
    door = front(rig)
    assert rig.authority is not None
    panel = HomeAssistant(python, folder / "home-assistant", rig.port, rig.authority)
    found: dict[str, str] = {}
    async with rig:
        await door.until_up(SOON_S)
        await panel.start()
        house = House(rig, door, panel)
        try:
            for row in ROWS:
                try:
                    await row(house)
                    found[row.__name__] = ""
                except Exception as error:
                    traceback.print_exc()
                    found[row.__name__] = repr(error)
                print(f"{row.__name__}: {found[row.__name__] or 'kept'}", flush=True)
            if any(found.values()):
                print(panel.log[-3000:], file=sys.stderr)
        finally:
            await panel.kill()
    return found


def main(python: Path) -> int:
    """Play in a new temporary folder."""
    with tempfile.TemporaryDirectory(prefix="callpoint-home-assistant-") as folder:
        found = asyncio.run(play(python, Path(folder)))
    print(json.dumps(found, indent=2))
    return any(found.values())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
