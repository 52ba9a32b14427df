"""Memory, processor time and disk writes of a process, from proc(5)."""

from pathlib import Path


def _line(file: Path, name: str) -> int:
    for line in file.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise RuntimeError(f"{file} has no {name}")


def resident_mb(pid: int | str = "self") -> float:
    """Return the resident memory in MB."""
    return _line(Path(f"/proc/{pid}/status"), "VmRSS") / 1024


def peak_mb(pid: int) -> float:
    """Return the most resident memory that it has had, in MB."""
    return _line(Path(f"/proc/{pid}/status"), "VmHWM") / 1024


def written_bytes(pid: int) -> int:
    """Return the bytes that it has had written to a disk."""
    return _line(Path(f"/proc/{pid}/io"), "write_bytes")


def cpu_s(pid: int) -> float:
    """Return its processor time in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
