"""A press on a virtual board is read out of a receiver that others wrote, and the lamp says so.

Real parts only: the firmware under MicroPython, Mosquitto, the gateway as a process,
pysiaalarm. Faults are real as well: SIGKILL at the moment named.
"""

import asyncio
import json
import platform
import queue
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from callpoint_gateway.journal.entries import DeliveryBody, Entry, EventBody, Quality, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_protocol import messages, names, topics
from callpoint_rig.gateway_part import GatewayPart
from callpoint_rig.rig import ACCOUNT, SITE, Received, Rig
from callpoint_rig.virtual_board import VirtualBoard

pytestmark = pytest.mark.end_to_end

SOON_S = 60.0
# An event's age counts until it is published; what comes after is taken for no time at all.
UNDER_WAY_MS = 5_000
AES = "0123456789ABCDEF"
INTERPRETERS = ["micropython"]
if platform.machine() == "x86_64":
    INTERPRETERS.append("micropython32")

Play = Callable[[Rig, VirtualBoard], Awaitable[None]]


def panic_button(rig: Rig, interpreter: str = "micropython") -> VirtualBoard:
    return rig.board("button", [{"zone": 7, "kind": "panic", "input": "button"}], interpreter)


def play(rig: Rig, board: VirtualBoard, what: Play) -> None:
    async def run() -> None:
        async with rig:
            await board.until_up(SOON_S)
            await what(rig, board)

    asyncio.run(run())


def is_alarm(received: Received) -> bool:
    return received.code in ("PA", "1120")


def is_restore(received: Received) -> bool:
    return received.code in ("PH", "3120")


def events(rig: Rig) -> list[Entry]:
    with Reader(rig.state_dir / "alarms.db") as reader:
        assert list(reader.verify()) == []
        return reader.read(0, 1000, (Type.EVENT,))


def accepted(rig: Rig, entry: Entry) -> list[DeliveryBody]:
    with Reader(rig.state_dir / "alarms.db") as reader:
        found = [one.body for one in reader.about(entry.position)]
    return [body for body in found if isinstance(body, DeliveryBody) and body.accepted]


async def check_one_alarm(
    rig: Rig, received: Received, pressed_ms: float, *, restored: bool = False
) -> None:
    """Once in the journal, right code, zone, account and time of occurrence."""
    entry, *after = events(rig)
    states = [one.body.state for one in after if isinstance(one.body, EventBody)]
    assert states == [names.RESTORE] * restored
    async with asyncio.timeout(SOON_S):
        while not accepted(rig, entry):
            await asyncio.sleep(0.02)
    body = entry.body
    assert isinstance(body, EventBody)
    assert (body.kind, body.state, body.zone) == (names.PANIC, names.ALARM, 7)
    assert (received.zone, received.account) == (7, ACCOUNT)
    assert len(accepted(rig, entry)) == 1
    assert 0 <= body.occurred_ms - pressed_ms + 100 < UNDER_WAY_MS


def wall_ms() -> float:
    return time.time() * 1000


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("key", [None, AES, AES * 2], ids=["clear", "aes128", "aes256"])
@pytest.mark.parametrize("encoding", ["SIA-DCS", "ADM-CID"])
def test_a_press_reaches_the_centre_and_the_lamp(
    tmp_path: Path, encoding: str, key: str | None, interpreter: str
) -> None:
    rig = Rig(tmp_path, encoding=encoding, key=key)
    board = panic_button(rig, interpreter)

    async def press(rig: Rig, board: VirtualBoard) -> None:
        pressed = wall_ms()
        await board.press("button")
        received = await rig.receiver.until(is_alarm, SOON_S)
        await board.until_lamp("centre", SOON_S)
        assert received.code == ("PA" if encoding == "SIA-DCS" else "1120")
        await check_one_alarm(rig, received, pressed)
        assert [m.lamp for m in board.moments if m.lamp][-1] == "centre"

    play(rig, board, press)


def test_over_tls_with_client_certificates(tmp_path: Path) -> None:
    rig = Rig(tmp_path, tls=True)
    board = panic_button(rig)

    async def press(rig: Rig, board: VirtualBoard) -> None:
        pressed = wall_ms()
        await board.press("button")
        received = await rig.receiver.until(is_alarm, SOON_S)
        await board.until_lamp("centre", SOON_S)
        await check_one_alarm(rig, received, pressed)

    play(rig, board, press)


def test_the_restore_follows_the_alarm(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    board = panic_button(rig)

    async def press_and_release(rig: Rig, board: VirtualBoard) -> None:
        await board.press("button")
        await board.until_lamp("centre", SOON_S)
        await board.set("button", 0)
        await rig.receiver.until(is_restore, SOON_S)
        assert [one.code for one in rig.receiver.received] == ["PA", "PH"]
        assert [one.sequence for one in rig.receiver.received] == [1, 2]

    play(rig, board, press_and_release)


def test_broker_killed_between_press_and_delivery(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    board = panic_button(rig)

    async def press(rig: Rig, board: VirtualBoard) -> None:
        await rig.broker.kill()
        pressed = wall_ms()
        await board.press("button")
        await board.until_lamp("pressed", SOON_S)
        await board.until_lamp("undelivered", SOON_S)
        await rig.broker.start()
        received = await rig.receiver.until(is_alarm, SOON_S)
        await board.until_lamp("centre", SOON_S)
        await check_one_alarm(rig, received, pressed)

    play(rig, board, press)


def test_gateway_killed_between_press_and_delivery(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    board = panic_button(rig)

    async def press(rig: Rig, board: VirtualBoard) -> None:
        await rig.gateway.kill()
        pressed = wall_ms()
        await board.press("button")
        await board.until_lamp("undelivered", SOON_S)
        await rig.start_gateway()
        received = await rig.receiver.until(is_alarm, SOON_S)
        await board.until_lamp("centre", SOON_S)
        await check_one_alarm(rig, received, pressed)

    play(rig, board, press)


def test_gateway_killed_between_storing_and_delivery(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    board = panic_button(rig)

    async def press(rig: Rig, board: VirtualBoard) -> None:
        await rig.receiver.kill()
        pressed = wall_ms()
        await board.press("button")
        await board.until_lamp("stored", SOON_S)
        await rig.gateway.kill()
        await rig.receiver.start()
        await rig.start_gateway()
        received = await rig.receiver.until(is_alarm, SOON_S)
        await board.until_lamp("centre", SOON_S)
        await check_one_alarm(rig, received, pressed)
        assert received.sequence == 1

    play(rig, board, press)


def test_board_killed_between_press_and_delivery(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    board = panic_button(rig)

    async def press(rig: Rig, board: VirtualBoard) -> None:
        await rig.broker.kill()
        pressed = wall_ms()
        await board.press("button")
        await board.until(lambda moment: moment.event is not None, SOON_S)
        await board.kill()
        await rig.broker.start()
        await board.start()
        received = await rig.receiver.until(is_alarm, SOON_S)
        # A board that starts finds its button let go of.
        await rig.receiver.until(is_restore, SOON_S)
        await check_one_alarm(rig, received, pressed, restored=True)
        entry = events(rig)[0]
        assert isinstance(entry.body, EventBody)
        # The age died with the board's clock: its own wall time is the next best.
        assert entry.body.quality is Quality.DEVICE

    play(rig, board, press)


def test_a_gateway_with_a_dead_part_ends_and_its_successor_delivers(tmp_path: Path) -> None:
    """Half a gateway would stay silent for ever; one that ends is started again."""
    rig = Rig(tmp_path)
    board = panic_button(rig)
    broken = Path(__file__).with_name("broken_gateway.py")
    config = tmp_path / "gateway.toml"
    whole, rig.gateway = (
        rig.gateway,
        GatewayPart(tmp_path, [sys.executable, str(broken), str(config)], "broken"),
    )

    async def press(rig: Rig, board: VirtualBoard) -> None:
        pressed = wall_ms()
        await board.press("button")
        assert await rig.gateway.ended(SOON_S) == 3
        *records, last = rig.gateway.log.read_text().splitlines()
        assert last == "Error: Journal has died; see the log above"
        # What nobody expected is one record with its traceback, and nothing is printed beside it.
        assert all(record.startswith("ts=") for record in records)
        (died,) = [record for record in records if " trace=" in record]
        assert "level=critical" in died
        assert "in broken" in died
        assert "RuntimeError: made to fail by a test" in died
        rig.gateway = whole
        await rig.start_gateway()
        received = await rig.receiver.until(is_alarm, SOON_S)
        await board.until_lamp("centre", SOON_S)
        await check_one_alarm(rig, received, pressed)

    play(rig, board, press)


def test_a_dead_board_is_reported_and_so_is_its_return(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.silent_after_s = 6
    board = panic_button(rig)

    async def die(rig: Rig, board: VirtualBoard) -> None:
        await board.kill()
        lost = await rig.receiver.until(lambda one: one.code == "UY", SOON_S)
        assert lost.zone == 7
        await board.start()
        await rig.receiver.until(lambda one: one.code == "UJ", SOON_S)
        assert [one.code for one in rig.receiver.received] == ["UY", "UJ"]

    play(rig, board, die)


def test_receiver_down_for_the_whole_first_attempt(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    board = panic_button(rig)

    async def press(rig: Rig, board: VirtualBoard) -> None:
        await rig.receiver.kill()
        pressed = wall_ms()
        await board.press("button")
        await board.until_lamp("stored", SOON_S)
        with Reader(rig.state_dir / "alarms.db") as reader:
            async with asyncio.timeout(SOON_S):
                while not reader.read(0, 100, (Type.FAULT,)):
                    await asyncio.sleep(0.02)
        assert board.lamp == "stored"
        await rig.receiver.start()
        received = await rig.receiver.until(is_alarm, SOON_S)
        await board.until_lamp("centre", SOON_S)
        await check_one_alarm(rig, received, pressed)

    play(rig, board, press)


def test_the_same_event_from_the_broker_three_times(tmp_path: Path) -> None:
    """What the board sent is overheard and given to the gateway twice more, byte for byte."""
    rig = Rig(tmp_path)
    board = panic_button(rig)

    async def press(rig: Rig, board: VirtualBoard) -> None:
        overheard: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        listener = paho.Client(CallbackAPIVersion.VERSION2, client_id="listener")
        listening: queue.SimpleQueue[None] = queue.SimpleQueue()
        listener.on_subscribe = lambda *_: listening.put(None)
        listener.on_message = lambda _client, _data, message: overheard.put(message.payload)
        listener.connect("127.0.0.1", rig.port)
        listener.loop_start()
        listener.subscribe(topic_of("button"), 1)
        await asyncio.to_thread(listening.get, True, SOON_S)
        pressed = wall_ms()
        await board.press("button")
        body = await asyncio.to_thread(overheard.get, True, SOON_S)
        listener.disconnect()
        listener.loop_stop()
        await asyncio.to_thread(send_raw, rig.port, [(topic_of("button"), body)] * 2)
        received = await rig.receiver.until(is_alarm, SOON_S)
        await board.until_lamp("centre", SOON_S)
        await check_one_alarm(rig, received, pressed)
        await board.set("button", 0)
        await rig.receiver.until(is_restore, SOON_S)
        assert [one.code for one in rig.receiver.received] == ["PA", "PH"]

    play(rig, board, press)


def test_a_late_event_carries_the_time_it_happened(tmp_path: Path) -> None:
    """The frame's own time is now; when it happened stands in ``[H``."""
    rig = Rig(tmp_path)
    board = panic_button(rig)
    age_ms = 90_000

    async def publish(rig: Rig, board: VirtualBoard) -> None:
        body = messages.encode_event(
            99, 5, names.PANIC, names.ALARM, 7, detail=names.GESTURE_SINGLE, age_ms=age_ms
        )
        happened = wall_ms() - age_ms
        await asyncio.to_thread(send_raw, rig.port, [(topic_of("button"), body)] * 3)
        received = await rig.receiver.until(is_alarm, SOON_S)
        await check_one_alarm(rig, received, happened)
        said = datetime.strptime(received.extended["H"], "%H:%M:%S,%m-%d-%Y").replace(tzinfo=UTC)
        (entry,) = events(rig)
        assert isinstance(entry.body, EventBody)
        assert said.timestamp() == entry.body.occurred_ms // 1000
        await asyncio.to_thread(send_raw, rig.port, [(topic_of("button"), body)])
        assert len(events(rig)) == 1

    play(rig, board, publish)


def topic_of(device: str, channel: str = names.EVENT) -> str:
    return topics.topic(SITE, device, channel)


def send_raw(port: int, wanted: list[tuple[str, bytes]]) -> None:
    """Publish bytes as they are, each acknowledged by the broker."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="raw")
    client.connect("127.0.0.1", port)
    client.loop_start()
    for topic, body in wanted:
        client.publish(topic, body, qos=1).wait_for_publish(SOON_S)
    client.disconnect()
    client.loop_stop()


def test_bad_messages_are_quarantined_and_harm_no_neighbour(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    board = panic_button(rig)
    good = messages.encode_event(7, 1, names.PANIC, names.ALARM, 7, age_ms=0)
    bad = {
        "body: not JSON": (topic_of("button"), b'{"v":1,'),
        "v: ": (topic_of("button"), b'{"v":9,"b":1,"q":1,"k":1,"s":1,"z":1}'),
        "body: longer": (topic_of("button"), b'{"v":1,"x":"' + b"y" * 2000 + b'"}'),
        "z: ": (topic_of("button"), b'{"v":1,"b":1,"q":2,"k":1,"s":1,"z":"one"}'),
        "k: ": (topic_of("button"), b'{"v":1,"b":1,"q":3,"k":99,"s":1,"z":1}'),
        "device: ": (topic_of("stranger"), good),
        "site: ": (topics.topic("elsewhere", "button", names.EVENT), good),
        "body: not UTF-8": (topic_of("button"), b'{"v":1,"x":"\xff\xfe"}'),
    }

    async def publish(rig: Rig, board: VirtualBoard) -> None:
        wanted = [*bad.values(), (topic_of("button"), good)]
        await asyncio.to_thread(send_raw, rig.port, wanted)
        await rig.receiver.until(is_alarm, SOON_S)
        with Reader(rig.state_dir / "alarms.db") as reader:
            kept = reader.quarantined()
        assert [(one.topic, one.payload) for one in kept] == list(bad.values())
        for reason, one in zip(bad, kept, strict=True):
            assert one.reason.startswith(reason)
        assert len(events(rig)) == 1
        shown = await command(
            "events", "-c", str(rig.folder / "gateway.toml"), "--quarantine", "--json"
        )
        reasons = [json.loads(line)["reason"] for line in shown.splitlines()]
        assert [one.reason for one in kept] == reasons

    play(rig, board, publish)


async def command(*words: str) -> str:
    """Run ``callpoint`` and return what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "callpoint_cli.main", *words, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    return printed.decode()
