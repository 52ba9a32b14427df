"""500 alarms in a minute, told over a DingTalk robot that takes 20 messages a minute.

The journal is written in the gateway's place; the notifier is a process with Apprise; the robot
blocks for ten minutes whoever sends more, as DingTalk does.
"""

import re
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import msgspec
from process import resident_mb

from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import EventBody, NewEntry, Quality, Stored, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names
from callpoint_rig.receivers.robot import DingTalk

ALARMS = 500
SECONDS = 60.0
LIFE_OF = 5  # of so many alarms, all but one are of priority 1
SOON_S = 120.0
CONFIG = """[gateway]
site = "bench"
state_dir = "state"
register = "register.toml"
[notify]
enabled = true
tell = [["guard"], ["guard"], [], []]
[[notify.channel]]
name = "robot"
url_file = "robot.url"
"""


class Found(msgspec.Struct, frozen=True):
    """The worst delay of a priority-1 alarm in s, and what was lost, blocked and used."""

    p1_s: float
    lost: int
    twice: int
    blocked: int
    messages: int
    rss_mb: float


def _press(journal: Journal, number: int) -> None:
    kind = names.PANIC if number % LIFE_OF else names.WATER
    now_ms = time.time_ns() // 1_000_000
    body = EventBody(
        "bench", kind, names.ALARM, 1, 0, 1, 0, now_ms, Quality.AGE, place=f"flat-{number}"
    )
    done = threading.Event()

    def stored(_: list[Stored]) -> None:
        done.set()

    journal.submit([NewEntry(Type.EVENT, body, f"button-{number}", 1, 1)], stored)
    done.wait(SOON_S)


def alarms_in_a_minute(folder: Path) -> Found:
    """Return what came of the alarms."""
    folder.mkdir()
    (folder / "state").mkdir()
    (folder / "register.toml").write_text("")
    (folder / "gateway.toml").write_text(CONFIG)
    url = folder / "robot.url"
    url.touch(0o600)
    url.write_text("dingtalk://abcdefghijklmnop/")
    journal = Journal(folder / "state" / "alarms.db", SystemClock(), chained=True)
    robot = DingTalk()
    pressed: dict[str, float] = {}
    log = folder / "notify.log"
    with robot.running(), log.open("wb") as lines:
        child = subprocess.Popen(
            [
                *(sys.executable, "-m", "callpoint_rig.robot_notifier"),
                *(str(folder / "gateway.toml"), str(robot.port)),
            ],
            stdout=lines,
        )
        try:
            _until(lambda: "follows the journal" in log.read_text())
            began = time.monotonic()
            for number in range(ALARMS):
                time.sleep(max(0.0, began + number * SECONDS / ALARMS - time.monotonic()))
                _press(journal, number)
                pressed[f"flat-{number}"] = time.monotonic()
            with suppress(TimeoutError):
                _until(lambda: set(pressed) <= set(_told(robot)))
            rss_mb = resident_mb(child.pid)
        finally:
            child.terminate()
            child.wait()
            journal.close()
    told = _told(robot)
    late = [
        min(told[place]) - at
        for place, at in pressed.items()
        if place in told and int(place[5:]) % LIFE_OF
    ]
    return Found(
        p1_s=max(late),
        lost=len(pressed.keys() - told.keys()),
        twice=sum(1 for moments in told.values() if len(moments) > 1),
        blocked=robot.times_blocked,
        messages=len(robot.taken),
        rss_mb=rss_mb,
    )


def _told(robot: DingTalk) -> dict[str, list[float]]:
    """Return the moments at which the robot was told of each place."""
    told: dict[str, list[float]] = {}
    for (at_s, _, _), text in zip(robot.taken, robot.texts, strict=False):
        for place in re.findall(r"flat-\d+", text):
            told.setdefault(place, []).append(at_s)
    return told


def _until(condition: object) -> None:
    assert callable(condition)
    ends = time.monotonic() + SOON_S
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError
        time.sleep(0.05)


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as here:
        print(alarms_in_a_minute(Path(here) / "notify"))
