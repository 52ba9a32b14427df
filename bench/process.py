"""What a process takes: memory, processor and writes to the disk, from proc(5)."""

from pathlib import Path


def _line(file: Path, name: str) -> int:
    for line in file.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise RuntimeError(f"{file} has no {name}")


def resident_mb(pid: int | str = "self") -> float:
    """Return the resident memory."""
    return _line(Path(f"/proc/{pid}/status"), "VmRSS") / 1024


def written_bytes(pid: int) -> int:
    """Return what it has caused to be written to a disk."""
    return _line(Path(f"/proc/{pid}/io"), "write_bytes")


def cpu_s(pid: int) -> float:
    """Return the seconds of processor time that it has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
