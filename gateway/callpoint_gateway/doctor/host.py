"""Examines the machine: clock, disk, wear of its card, memory."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from callpoint_gateway.doctor.findings import Finding, bad, ok, warn
from callpoint_gateway.host.clock_sync import synchronised
from callpoint_gateway.journal.disk_reserve import LOW_BYTES, RESERVE_BYTES, free_bytes
from callpoint_gateway.supervision.clock_watch import SYNCHRONISE
from callpoint_gateway.words.said import said, verbatim

MEMORY_LOW, MEMORY_TIGHT = 64 * 1024**2, 128 * 1024**2
# File systems that lose their files when the power fails, and those without reliable locks.
_FORGETS = ("tmpfs", "ramfs", "overlay", "squashfs")
_UNSAFE = ("vfat", "exfat", "msdos", "nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs")
# JEDEC eMMC 5.1, DEVICE_LIFE_TIME_EST and PRE_EOL_INFO: tenths used, then 11 for over.
_TENTHS_WORN, _TENTHS_TIRED = 11, 9
_URGENT, _WARNING = 3, 2


def clock(in_time: Callable[[], bool] = synchronised) -> Finding:
    """Examine whether a time service keeps the wall clock right."""
    if in_time():
        return ok(said("doctor.clock"), said("clock.synchronised"))
    return warn(said("doctor.clock"), said("doctor.clock_wrong"), SYNCHRONISE)


def disk(
    folder: Path,
    wanted_bytes: int,
    free: Callable[[Path], int] = free_bytes,
    mounts: Path = Path("/proc/self/mounts"),
) -> Iterator[Finding]:
    """Examine whether ``wanted_bytes`` more fit, and whether the file system keeps them."""
    # Of a folder that this user may not enter, the nearest above it that can be seen.
    here = next(path for path in (folder, *folder.absolute().parents) if os.access(path, os.F_OK))
    room = free(here)
    what = said("doctor.disk")
    text = said("doctor.room", megabytes=room // 1_000_000, folder=str(here))
    if room < LOW_BYTES + RESERVE_BYTES:
        yield bad(what, text, said("doctor.room.bad.do"))
    elif room < wanted_bytes:
        wanted = wanted_bytes // 1_000_000
        yield warn(what, text, said("doctor.room.warn.do", megabytes=wanted))
    else:
        yield ok(what, text)
    kind = _file_system(here, mounts)
    what = said("doctor.file_system")
    if kind in _FORGETS:
        yield bad(
            what,
            said("doctor.forgets", folder=str(here), kind=kind),
            said("doctor.forgets.do"),
        )
    elif kind in _UNSAFE:
        yield bad(
            what,
            said("doctor.unsafe", folder=str(here), kind=kind),
            said("doctor.unsafe.do"),
        )
    else:
        yield ok(what, verbatim(kind) or said("doctor.unknown"))


def _file_system(folder: Path, mounts: Path) -> str:
    """Return the type of the innermost mount that holds ``folder``."""
    innermost, depth = "", -1
    real = folder.resolve()
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, where, kind, *_ = line.split(" ")
        place = Path(where.replace("\\040", " "))
        # Of two mounts at one place the later covers the earlier.
        if real.is_relative_to(place) and len(place.parts) >= depth:
            innermost, depth = kind, len(place.parts)
    return innermost


def _number(file: Path, place: int = 0) -> int | None:
    try:
        return int(file.read_text().split()[place], 16)
    except (OSError, ValueError, IndexError):
        return None


def card(blocks: Path = Path("/sys/block")) -> Iterator[Finding]:
    """Examine the wear of each flash that reports it (JEDEC eMMC); most SD cards do not."""
    for device in sorted(blocks.glob("mmcblk*/device")):
        name = said("doctor.card", name=device.parent.name)
        used = [_number(device / "life_time", place) for place in (0, 1)]
        known = [tenths for tenths in used if tenths]
        state = _number(device / "pre_eol_info")
        if not known and not state:
            continue
        worn = max(known, default=0)
        text = said("doctor.worn", percent=min(100, 10 * worn))
        if worn >= _TENTHS_WORN or state == _URGENT:
            yield bad(name, text, said("doctor.worn.bad.do"))
        elif worn >= _TENTHS_TIRED or state == _WARNING:
            yield warn(name, text, said("doctor.worn.warn.do"))
        else:
            yield ok(name, text)


def memory(file: Path = Path("/proc/meminfo")) -> Finding:
    """Examine whether enough memory is available."""
    sizes = dict(line.split(":", 1) for line in file.read_text().splitlines())
    available = int(sizes["MemAvailable"].split()[0]) * 1024
    what = said("doctor.memory")
    text = said("doctor.available", megabytes=available // 1_000_000)
    if available < MEMORY_LOW:
        return bad(what, text, said("doctor.memory.bad.do"))
    if available < MEMORY_TIGHT:
        return warn(what, text, said("doctor.memory.warn.do"))
    return ok(what, text)
