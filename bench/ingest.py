"""How fast messages become durable: the gateway beside a bare paho subscriber."""

import asyncio
import multiprocessing
import sys
import time
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from publisher import device_id

from callpoint_cli.rig import Rig
from callpoint_gateway.journal import BATCH
from callpoint_gateway.journal_file import Reader
from callpoint_protocol import names

DEVICES = 50
EACH = int(__import__("os").environ.get("EACH", "60000"))
LOOK_S = 0.02
SOON_S = 120.0
_HERE = Path(__file__).parent


def bare(port: int, count: int, ready, took) -> None:  # type: ignore[no-untyped-def]
    """Count messages with paho, automatic acknowledgement, nothing stored: the floor."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bare")
    client.max_inflight_messages_set(1000)
    seen = 0
    first = 0.0

    def on_message(_client: object, _data: object, _message: object) -> None:
        nonlocal seen, first
        seen += 1
        if seen == 1:
            first = time.monotonic()
        if seen == count:
            took.put(time.monotonic() - first)
            client.disconnect()

    client.on_message = on_message
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", port)
    client.subscribe([(f"{names.ROOT}/+/+/event", 1), (f"{names.ROOT}/+/+/telemetry", 1)])
    client.loop_forever()


async def _publisher(port: int, each: int, boot: int, *rates: float) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(_HERE / "publisher.py"),
        *(str(word) for word in (port, each, DEVICES, boot, *rates)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )


async def _flood(port: int, each: int, boot: int) -> asyncio.subprocess.Process:
    process = await _publisher(port, each, boot)
    assert process.stdout is not None
    assert process.stdin is not None
    await process.stdout.readline()
    process.stdin.write(b"\n")
    await process.stdin.drain()
    return process


async def bare_per_s(port: int, each: int, boot: int) -> float:
    """Return messages per second of the floor."""
    context = multiprocessing.get_context("spawn")
    ready, took = context.Event(), context.Queue()
    subscriber = context.Process(target=bare, args=(port, 2 * each, ready, took))
    subscriber.start()
    await asyncio.to_thread(ready.wait)
    process = await _flood(port, each, boot)
    seconds = await asyncio.to_thread(took.get, True, SOON_S)
    subscriber.join()
    await process.wait()
    return 2 * each / seconds


async def durable_per_s(rig: Rig, each: int, boot: int) -> float:
    """Return messages per second from the first to the last that is on disk."""
    with Reader(rig.state_dir / "alarms.db") as a, Reader(rig.state_dir / "telemetry.db") as t:
        heads = a.head(), t.head()
        process = await _flood(rig.port, each, boot)
        first = None
        async with asyncio.timeout(SOON_S):
            while True:
                done = (a.head() - heads[0], t.head() - heads[1])
                if first is None and any(done):
                    first = time.monotonic(), sum(done)
                # The last readings wait for company: they are not part of a sustained rate.
                if done[0] >= each and done[1] >= each - BATCH:
                    break
                await asyncio.sleep(LOOK_S)
        seconds = time.monotonic() - first[0]
        await process.wait()
        return (2 * each - BATCH - first[1]) / seconds


async def main(folder: Path) -> None:
    rig = Rig(folder)
    for number in range(DEVICES):
        rig.device(device_id(number), [{"zone": 1, "kind": "door"}])
    async with rig:
        for boot in (1,):
            print("bare", round(await bare_per_s(rig.port, EACH, boot)))
            print("ours", round(await durable_per_s(rig, EACH, boot + 10)))


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
