"""The faults of disks: what was not flushed is lost, or there is no room. For root."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from callpoint_rig.cut_disk import CutDisk

from .kinds import Fault, last
from .parts import LoadedDistrict
from .promises import Promises


async def engine_without_power(district: LoadedDistrict, promises: Promises) -> None:
    disk = district.disks[0]
    disk.cut()
    await district.engine.kill()
    disk.come_back()
    await district.start_engine()


async def database_without_power(district: LoadedDistrict, promises: Promises) -> None:
    disk = district.disks[1]
    disk.cut()
    await district.server.lose_power()
    disk.come_back()
    await district.server.start_after_power()


async def database_disk_full(district: LoadedDistrict, promises: Promises) -> None:
    """It refuses, or it ends and is started again when there is room."""
    filler = district.disks[1].fill()
    await last(district, 3.0)
    filler.unlink()
    if district.server.has_ended:
        await district.server.start_after_power()


async def engine_disk_full(district: LoadedDistrict, promises: Promises) -> None:
    filler = district.disks[0].fill()
    await last(district, 3.0)
    filler.unlink()
    await district.engine.kill()
    await district.start_engine()


KINDS: Final[dict[str, Fault]] = {
    kind.__name__: kind
    for kind in (
        engine_without_power,
        database_without_power,
        database_disk_full,
        engine_disk_full,
    )
}


@contextmanager
def disks(folder: Path) -> Iterator[Sequence[CutDisk]]:
    """Yield a disk for the engine and one for the database."""
    with ExitStack() as stack:
        yield [stack.enter_context(CutDisk(folder / name)) for name in ("engine", "database")]
