"""Examines the machine: clock, disk, wear of its card, memory."""

from collections.abc import Callable, Iterator
from pathlib import Path

from callpoint_gateway.doctor.findings import Finding, bad, ok, warn
from callpoint_gateway.host.clock_sync import synchronised
from callpoint_gateway.journal.disk_reserve import LOW_BYTES, RESERVE_BYTES, free_bytes
from callpoint_gateway.supervision.clock_watch import SYNCHRONISE

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
        return ok("clock", "synchronised")
    return warn(
        "clock",
        "nobody keeps it right: times of events are repaired only once somebody does",
        SYNCHRONISE,
    )


def disk(
    folder: Path,
    wanted_bytes: int,
    free: Callable[[Path], int] = free_bytes,
    mounts: Path = Path("/proc/self/mounts"),
) -> Iterator[Finding]:
    """Examine whether ``wanted_bytes`` more fit, and whether the file system keeps them."""
    here = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    room = free(here)
    text = f"{room // 1_000_000} MB free in {here}"
    if room < LOW_BYTES + RESERVE_BYTES:
        yield bad("disk", text, "make room: below this readings wait and only alarms are stored")
    elif room < wanted_bytes:
        yield warn(
            "disk", text, f"make room, or lower telemetry_mb: {wanted_bytes // 1_000_000} are due"
        )
    else:
        yield ok("disk", text)
    kind = _file_system(here, mounts)
    if kind in _FORGETS:
        yield bad(
            "file system",
            f"{here} is {kind}: it forgets with the power",
            "set state_dir in [gateway] to a folder on a disk or card",
        )
    elif kind in _UNSAFE:
        yield bad(
            "file system",
            f"{here} is {kind}: a journal can be damaged there",
            "set state_dir in [gateway] to a folder on ext4",
        )
    else:
        yield ok("file system", kind or "not known")


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
        name = f"card {device.parent.name}"
        used = [_number(device / "life_time", place) for place in (0, 1)]
        known = [tenths for tenths in used if tenths]
        state = _number(device / "pre_eol_info")
        if not known and not state:
            continue
        worn = max(known, default=0)
        text = f"about {min(100, 10 * worn)} % of its life is used"
        if worn >= _TENTHS_WORN or state == _URGENT:
            yield bad(name, text, "replace it now: callpoint backup, then restore on a new one")
        elif worn >= _TENTHS_TIRED or state == _WARNING:
            yield warn(name, text, "plan its replacement; a larger one lasts longer")
        else:
            yield ok(name, text)


def memory(file: Path = Path("/proc/meminfo")) -> Finding:
    """Examine whether enough memory is available."""
    sizes = dict(line.split(":", 1) for line in file.read_text().splitlines())
    available = int(sizes["MemAvailable"].split()[0]) * 1024
    text = f"{available // 1_000_000} MB available"
    if available < MEMORY_LOW:
        return bad("memory", text, "end what else runs here: the gateway may be killed")
    if available < MEMORY_TIGHT:
        return warn("memory", text, "run less beside the gateway")
    return ok("memory", text)
