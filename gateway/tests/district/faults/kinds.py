"""The faults: each does its harm, lets it last for a while, and mends it."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from .loaded_gateway import LoadedGateway
from .parts import LoadedDistrict
from .promises import Promises

Fault = Callable[[LoadedDistrict, Promises], Awaitable[None]]


async def last(district: LoadedDistrict, longest_s: float = 1.0) -> None:
    """Let a fault last for a while."""
    await asyncio.sleep(district.chance.uniform(0.0, longest_s))


def _one(district: LoadedDistrict) -> LoadedGateway:
    return district.chance.choice(district.gateways)


async def engine_killed(district: LoadedDistrict, promises: Promises) -> None:
    await district.engine.kill()
    await last(district)
    await district.engine.start()


async def engine_wiped(district: LoadedDistrict, promises: Promises) -> None:
    await district.engine.kill()
    district.engine.wipe()
    await last(district)
    await district.engine.start()


async def engine_spoilt(district: LoadedDistrict, promises: Promises) -> None:
    """Flip a byte in one of the engine's files."""
    await district.engine.kill()
    files = [file for file in district.engine.store.rglob("*") if file.is_file()]
    full = sorted(file for file in files if file.stat().st_size)
    if full:
        file = district.chance.choice(full)
        content = bytearray(file.read_bytes())
        at = district.chance.randrange(len(content))
        content[at] ^= district.chance.randrange(1, 256)
        file.write_bytes(content)
    await district.start_engine()


async def engine_stopped(district: LoadedDistrict, promises: Promises) -> None:
    district.engine.send_signal(signal.SIGSTOP)
    await last(district, 2.0)
    district.engine.send_signal(signal.SIGCONT)


async def database_killed(district: LoadedDistrict, promises: Promises) -> None:
    await district.server.kill()
    await last(district)
    await district.server.start()


async def database_put_back(district: LoadedDistrict, promises: Promises) -> None:
    """Kill the database and put a backup in its place, one of earlier rounds if there is one."""
    if not district.backup.exists():
        await backed_up(district, promises)
        await last(district)
    await district.server.kill()
    await district.server.start()
    await asyncio.to_thread(district.put_database_back)
    promises.database_was_put_back()


async def backed_up(district: LoadedDistrict, promises: Promises) -> None:
    """Take a backup under load. No fault by itself."""
    promises.backup_begins()
    await asyncio.to_thread(district.back_up)


async def process_killed(district: LoadedDistrict, promises: Promises) -> None:
    process = district.chance.choice(district.processes)
    await process.kill()
    await last(district)
    await process.start()


async def processes_killed(district: LoadedDistrict, promises: Promises) -> None:
    await asyncio.gather(*(process.kill() for process in district.processes))
    await last(district)
    await asyncio.gather(*(process.start() for process in district.processes))


async def process_doubled(district: LoadedDistrict, promises: Promises) -> None:
    await district.another_process()
    await last(district)
    await district.processes.pop(district.chance.randrange(len(district.processes))).kill()


async def process_stopped(district: LoadedDistrict, promises: Promises) -> None:
    process = district.chance.choice(district.processes)
    process.send_signal(signal.SIGSTOP)
    await last(district, 4.0)
    process.send_signal(signal.SIGCONT)


async def line_cut(district: LoadedDistrict, promises: Promises) -> None:
    line = district.chance.choice([district.line, district.database_line])
    line.cut = district.chance.random() < 0.7
    await line.break_off()
    await last(district)
    line.cut = False


async def line_slow(district: LoadedDistrict, promises: Promises) -> None:
    line = district.chance.choice([district.line, district.database_line])
    line.delay_s = district.chance.uniform(0.01, 0.3)
    await last(district, 2.0)
    line.delay_s = 0.0


async def gateway_restarted(district: LoadedDistrict, promises: Promises) -> None:
    await _one(district).restart()


async def gateway_put_back(district: LoadedDistrict, promises: Promises) -> None:
    """Put a gateway back to a copy, of this moment or of earlier rounds."""
    gateway = _one(district)
    if not gateway.has_copy or district.chance.random() < 0.4:
        await gateway.copy()
        await last(district)
    promises.gateway_was_put_back(gateway.name, await gateway.put_back())


KINDS: Final[dict[str, Fault]] = {
    kind.__name__: kind
    for kind in (
        engine_killed,
        engine_wiped,
        engine_spoilt,
        engine_stopped,
        database_killed,
        database_put_back,
        backed_up,
        process_killed,
        processes_killed,
        process_doubled,
        process_stopped,
        line_cut,
        line_slow,
        gateway_restarted,
        gateway_put_back,
    )
}


def chosen(chance: random.Random, kinds: Iterable[str]) -> list[str]:
    """Return the faults of a round: one, sometimes two or three."""
    return chance.sample(sorted(kinds), chance.choice([1, 1, 2, 3]))
