"""A press reaches a telephone, and a centre hears of a dead notifier; all parts are real."""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from callpoint_people.person import Responsibility, person
from callpoint_people.store import PeopleStore
from callpoint_rig.part import Part
from callpoint_rig.receivers.robot import HttpService
from callpoint_rig.rig import Rig

pytestmark = [pytest.mark.end_to_end]
SOON_S = 60.0
SILENT_S = 10
SMS_BODY = """'{"to": "{address}", "text": "{body}"}'"""


def _prepare(rig: Rig, sms: HttpService, watch: HttpService) -> Part:
    """Configure a notifier, with a guard to be told, and return its process."""
    rig.sections += [
        "[notify]",
        "enabled = true",
        f"silent_after_s = {SILENT_S}",
        'tell = [["guard"], [], [], []]',
        'heartbeat_file = "heartbeat.url"',
        "heartbeat_s = 10",
        "[[notify.channel]]",
        'name = "sms"',
        'request_file = "sms.toml"',
        'address = "phone"',
    ]
    for name, text in (
        ("sms.toml", f'url = "http://127.0.0.1:{sms.port}/sms"\nbody = {SMS_BODY}\n'),
        ("heartbeat.url", f"http://127.0.0.1:{watch.port}/ping/site\n"),
    ):
        (rig.folder / name).touch(0o600)
        (rig.folder / name).write_text(text)
    with PeopleStore(rig.state_dir) as people:
        guard = person("Guard", "en", "2026-01-02", {"phone": "110"}, (), date(2026, 11, 29))
        people.add(guard, [Responsibility("guard", "")])
    config = str(rig.folder / "gateway.toml")
    command = [sys.executable, "-m", "callpoint_cli.main", "notify", "-c", config]
    return Part("notify", rig.folder, command, None)


async def _until(condition: Callable[[], object], notifier: Part) -> None:
    ends = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < ends, notifier.printed()
        await asyncio.sleep(0.05)


def test_a_press_reaches_a_telephone_and_a_dead_notifier_the_centre(tmp_path: Path) -> None:
    async def play(sms: HttpService, watch: HttpService) -> None:
        rig = Rig(tmp_path)
        board = rig.board("button", [{"zone": 1, "kind": "panic", "input": "button"}])
        notifier = _prepare(rig, sms, watch)
        async with rig:
            await board.until_up(SOON_S)
            await notifier.start()
            try:
                await _until(lambda: watch.bodies, notifier)
                await board.press("button")
                await _until(lambda: sms.bodies, notifier)
                sent = json.loads(sms.bodies[0])
                assert sent["to"] == "110"
                assert "panic alarm" in sent["text"]
                assert "Garden / 3 / button" in sent["text"]
                await notifier.kill()
                told = await rig.receiver.until(lambda event: event.code == "ET", SOON_S)
                assert told.zone == 0
                await notifier.start()
                await rig.receiver.until(lambda event: event.code == "ER", SOON_S)
            finally:
                await notifier.stop()
            # The kill may have come before its answer was on disk: the same message again.
            assert len(set(sms.bodies)) == 1

    with HttpService().running() as sms, HttpService().running() as watch:
        asyncio.run(play(sms, watch))
