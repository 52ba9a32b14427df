"""Prints how long an event spends in each room, as a table: three loads, median and p99.

    python bench/where_time_goes.py [press] [beside] [draining]

``press``: one press at a time on a virtual board, nothing else; ``beside``: events and readings at
the rates of ``ingest``; ``draining``: the same while a million readings drain. The gateway runs
behind ``traced_gateway``, the board behind ``traced_board``.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import backlog
import ingest

from callpoint_protocol import names
from callpoint_rig.rig import Rig

PRESSES = 200
SOON_S = 30.0
DEBOUNCE_S = 0.06
# Each step with the one before it, and what happens between them.
WAY = (
    ("pressed", "flash", "board: input, debounce, spool written"),
    ("flash", "published", "board: PUBLISH written"),
    ("published", "read", "broker, and the gateway's socket read"),
    ("read", "decoded", "packets cut, decoded, judged, submitted"),
    ("decoded", "begun", "the journal's writer begins"),
    ("begun", "written", "entries hashed and inserted"),
    ("written", "durable", "COMMIT, with its sync"),
    ("durable", "answered", "stored: answer composed"),
    ("answered", "sent", "answer on the socket"),
    ("sent", "heard", "broker, and the device's socket read"),
    ("heard", "lamp", "board: lamp"),
    ("durable", "woken", "the centre's sender has the event"),
    ("woken", "frame", "frame built and sent"),
    ("frame", "acknowledged", "the centre's answer"),
    ("acknowledged", "delivered", "answer judged, delivery submitted"),
    ("delivered", "delivery durable", "delivery on disk"),
    ("delivery durable", "centre sent", "answer on the socket"),
    ("centre sent", "centre heard", "broker, and the device's socket read"),
    ("published", "heard", "publication to *stored*"),
    ("published", "centre heard", "publication to *centre*"),
)
Key = tuple[str, int, int]
Times = dict[Key, dict[str, float]]

_HERE = Path(__file__).parent


def _program(folder: Path) -> tuple[str, ...]:
    return str(_HERE / "traced_gateway.py"), str(folder / "trace.json")


def _noted(rig: Rig, times: Times) -> dict[str, float]:
    """Add what the gateway noted to ``times``; return its processor time by thread."""
    trace = json.loads((rig.folder / "trace.json").read_text())
    for device, boot, seq, steps in trace["events"]:
        if (device, boot, seq) in times:
            times[device, boot, seq] |= steps
    slow = sorted(trace["commits"])[-3:]
    text = ", ".join(f"{ms:.0f}" for ms in slow)
    print(f"longest of {len(trace['commits'])} commits: {text} ms", file=sys.stderr)
    for generation in (1, 2):
        ms = [run[1] for run in trace["collections"] if run[0] == generation]
        text = f"generation {generation}: {len(ms)} runs, longest {max(ms, default=0):.1f} ms"
        print(f"collector, {text}", file=sys.stderr)
    used: dict[str, float] = trace["processor_s"]
    return used


async def press(folder: Path) -> tuple[Times, dict[str, float]]:
    """Return the times of presses on an idle gateway."""
    rig = Rig(folder, program=_program(folder))
    board = rig.board("button", [{"zone": 1, "kind": "panic", "input": "button"}])
    board.program = _HERE / "traced_board.py"
    times: Times = {}
    async with rig:
        await board.until_up(SOON_S)
        for _ in range(PRESSES):
            seen, received = len(board.moments), len(rig.receiver.received)
            pressed_ms = await board.press("button")
            stored = await board.until_lamp("stored", SOON_S, seen)
            await board.until_lamp("centre", SOON_S, seen)
            event = (
                await board.until(lambda moment: moment.event is not None, SOON_S, seen)
            ).event
            assert event is not None
            times["button", event[0], event[1]] = {
                "pressed": pressed_ms / 1000,
                "lamp": stored.at_ms / 1000,
            }
            await board.set("button", 0)
            while len(rig.receiver.received) < received + 2:  # noqa: ASYNC110 - counts, not news
                await asyncio.sleep(0.005)
            await asyncio.sleep(DEBOUNCE_S)
        _from_board(board.log, times)
    return times, _noted(rig, times)


def _from_board(log: Path, times: Times) -> None:
    # The board has only the wall clock.
    ahead_s = time.time() - time.monotonic()
    steps = {f"shown{names.STORED}": "heard", f"shown{names.CENTRE}": "centre heard"}
    for line in log.read_text().splitlines():
        words = line.split()
        if words[:1] != ["trace"]:
            continue
        step, boot, seq, wall_us = words[1], *map(int, words[2:])
        if ("button", boot, seq) in times:
            at = wall_us / 1e6 - ahead_s
            times["button", boot, seq].setdefault(steps.get(step, step), at)


async def beside(folder: Path) -> tuple[Times, dict[str, float]]:
    """Return the times of events beside readings."""
    rig = ingest.rig(folder, program=_program(folder))
    async with rig:
        times = await ingest.traced(rig, 3)
    return times, _noted(rig, times)


async def draining(folder: Path) -> tuple[Times, dict[str, float]]:
    """Return the same while a backlog drains."""
    rig = await asyncio.to_thread(backlog.filled, folder, _program(folder))
    rig.write_configuration()
    await asyncio.gather(rig.broker.start(), rig.receiver.start())
    try:
        await rig.start_gateway()
        assert rig.timeseries is not None
        await rig.timeseries.start()
        times = await ingest.traced(rig, 3)
    finally:
        await rig.close()
    return times, _noted(rig, times)


def between(times: Times, before: str, after: str) -> list[float]:
    """Return ms from one step to another, of the events that have both."""
    return [
        (steps[after] - steps[before]) * 1000
        for steps in times.values()
        if before in steps and after in steps
    ]


def show(loads: dict[str, Times]) -> None:
    """Print the table: a line a step, for each load the median and the 99th percentile in ms."""
    print(f"{'where the time goes, ms':42}" + "".join(f"{name:>18}" for name in loads))
    for before, after, what in WAY:
        cells = []
        for times in loads.values():
            took = between(times, before, after)
            if len(took) < 2:
                cells.append(f"{'-':>18}")
                continue
            cuts = statistics.quantiles(took, n=100)
            cells.append(f"{cuts[49]:9.2f}{cuts[98]:9.2f}")
        print(f"{what:42}" + "".join(cells))


def trace(wanted: Sequence[str] = ()) -> dict[str, Times]:
    """Trace the named loads; all if none is named."""
    loads: dict[str, Times] = {}
    for load in (press, beside, draining):
        if wanted and load.__name__ not in wanted:
            continue
        with tempfile.TemporaryDirectory() as folder:
            loads[load.__name__], used = asyncio.run(load(Path(folder)))
        shares = sorted(used.items(), key=lambda share: -share[1])[:8]
        text = ", ".join(f"{name} {seconds:.1f}" for name, seconds in shares)
        print(f"{load.__name__}: processor s: {text}", file=sys.stderr)
    return loads


if __name__ == "__main__":
    show(trace(sys.argv[1:]))
