"""Smoke from a virtual board to a fire centre over GB/T 26875.3, the neighbours and the guard."""

import asyncio
import json
import sys
from pathlib import Path

from callpoint_gateway.journal.entries import FaultBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_rig.receivers.fire_centre import CONFIRM, CONTROL, FireCentre
from callpoint_rig.rig import Rig

SOON_S = 60.0


async def command(rig: Rig, *words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "callpoint_cli.main", *words, "-c", str(rig.folder / "gateway.toml")),
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, printed
    return printed.decode()


def fire_section(centre: FireCentre) -> list[str]:
    return [
        "[[centre]]",
        'name = "fire"',
        'protocol = "gbt26875"',
        'host = "127.0.0.1"',
        f"port = {centre.port}",
        "timeout_s = 1",
        "supervision_s = 1",
        'kinds = ["smoke", "supervision"]',
        "[centre.gbt]",
        "source = 100001",
        "centre = 1",
    ]


def statuses(centre: FireCentre) -> list[object]:
    """Return the status words of components that came, each once, in order."""
    found: list[object] = []
    for heard in centre.heard:
        if heard["type"] == 2:
            found += [(one["number"], one["status"], one["at"]) for one in heard["objects"]]  # type: ignore[attr-defined]
    return list(dict.fromkeys(found))


def test_smoke_reaches_the_fire_centre_and_the_neighbours(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    smoke = rig.board("kitchen", [{"zone": 2, "kind": "smoke", "input": "relay"}])
    neighbour = rig.board("door-1", [{"zone": 1, "kind": "panic", "input": "button"}])
    rig.alerts = {"kitchen": ["door-1"]}

    async def run() -> None:
        centre = FireCentre()
        await centre.start()
        rig.sections += fire_section(centre)
        async with rig:
            await asyncio.gather(*(board.until_up(SOON_S) for board in rig.boards))
            await smoke.press("relay")
            heard = await centre.until(lambda one: one["type"] == 2, SOON_S)
            (state,) = heard["objects"]  # type: ignore[misc]
            assert (state["component"], state["status"]) == (42, 3)
            assert state["text"] == "Garden / 3 / kitchen"
            await smoke.until_lamp("centre", SOON_S)
            await neighbour.until_lamp("alert", SOON_S)
            # The centre is away while the smoke ends; it hears of it once it is back.
            await centre.stop()
            await smoke.set("relay", 0)
            await rig.receiver.until(lambda one: one.code == "FH", SOON_S)
            await rig.gateway.kill()
            await rig.start_gateway()
            await centre.start(centre.port)
            await centre.until(
                lambda one: one["type"] == 2 and one["objects"][0]["status"] == 1,  # type: ignore[index]
                SOON_S,
            )
            await guard_answers(rig, centre)
        await centre.stop()
        assert [status for _, status, _ in statuses(centre)] == [3, 1]  # type: ignore[misc]

    asyncio.run(run())


async def guard_answers(rig: Rig, centre: FireCentre) -> None:
    """The centre asks whether anybody is there, and somebody says so."""
    serial = centre.order(CONTROL, bytes([91, 1, 10]))
    await centre.until(lambda one: one["command"] == CONFIRM and one["serial"] == serial, SOON_S)
    said = json.loads(await command(rig, "duty", "--as", "operator", "--json"))
    assert said == {"answered": ["fire"], "who": "operator"}
    told = await centre.until(lambda one: one["type"] == 24, SOON_S)
    assert told["objects"][0]["flags"] == 0x20  # type: ignore[index]

    def faults() -> list[tuple[bool, str, str]]:
        with Reader(rig.state_dir / "alarms.db") as reader:
            return [
                (entry.body.active, entry.body.reason, entry.body.remedy)
                for entry in reader.all_of(Type.FAULT)
                if isinstance(entry.body, FaultBody) and entry.body.source == "centre/fire/duty"
            ]

    async with asyncio.timeout(SOON_S):
        while len(found := faults()) < 2:
            await asyncio.sleep(0.01)
    assert found[0][0]
    assert "callpoint duty" in found[0][2]
    assert found[1] == (False, "answered by operator", "")


def test_an_event_that_was_sent_and_not_confirmed_comes_again_after_a_power_cut(
    tmp_path: Path,
) -> None:
    rig = Rig(tmp_path)
    smoke = rig.board("kitchen", [{"zone": 2, "kind": "smoke", "input": "relay"}])

    async def run() -> None:
        centre = FireCentre(lambda heard: None if heard["type"] == 2 else CONFIRM)
        await centre.start()
        rig.sections += fire_section(centre)
        async with rig:
            await smoke.until_up(SOON_S)
            await smoke.press("relay")
            await centre.until(lambda one: one["type"] == 2, SOON_S)
            await rig.gateway.kill()
            already = len(centre.heard)
            centre.answer = lambda heard: CONFIRM
            await rig.start_gateway()
            await centre.until(
                lambda one: one["type"] == 2 and one in centre.heard[already:], SOON_S
            )
            await smoke.until_lamp("centre", SOON_S)
        await centre.stop()
        # The same component in the same state at the same time: one event to the centre.
        assert len(statuses(centre)) == 1

    asyncio.run(run())
