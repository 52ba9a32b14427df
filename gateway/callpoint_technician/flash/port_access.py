"""Opens a serial port, and says why it cannot be opened and who uses it."""

import errno
import grp
import os
from pathlib import Path
from typing import Final

import serial

from callpoint_gateway.words.said import Said, said, said_by
from callpoint_technician.flash.trouble import Layer, Trouble

#: Chips' boot loaders answer at this speed, in baud.
ROM_BAUD: Final = 115_200
_PROC: Final = Path("/proc")
_AWAY: Final = (errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.EIO)


def users_of(port: str, proc: Path = _PROC) -> list[str]:
    """Return programs that have a port open, as ``name (number)``.

    Of other people's programs only root sees which files they have open.
    """
    wanted = os.path.realpath(port)
    found = []
    for folder in proc.iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            links = [str(each.readlink()) for each in (folder / "fd").iterdir()]
            name = (folder / "comm").read_text().strip()
        except OSError:
            continue  # it ended, or it is not ours
        if wanted in links:
            found.append(f"{name} ({folder.name})")
    return found


def _group_of(port: str) -> str:
    try:
        return grp.getgrgid(Path(port).stat().st_gid).gr_name
    except (OSError, KeyError):
        return "dialout"


def _busy(port: str) -> Said:
    users = users_of(port)
    if users:
        return said("flash.busy_by", users=", ".join(users))
    return said("flash.busy", port=port)


def refused(port: str, error: OSError) -> Trouble:
    """Return why a port could not be opened."""
    if error.errno in _AWAY or not Path(port).exists():
        return Trouble(Layer.NO_PORT, said("flash.no_port"))
    if error.errno in (errno.EACCES, errno.EPERM):
        return Trouble(Layer.PERMISSION, said("flash.permission", group=_group_of(port)))
    # pyserial says of a lock that another holds only that it could not have it.
    if error.errno in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK):
        return Trouble(Layer.BUSY, _busy(port))
    return Trouble(Layer.NO_PORT, said("flash.no_serial", why=said_by(error)))


def opened(port: str) -> serial.Serial:
    """Return the open port, for this process alone; Trouble if it cannot be had."""
    try:
        line = serial.Serial(None, ROM_BAUD, exclusive=True)
        line.port = port
        line.open()
    except serial.SerialException as error:
        raise refused(port, error) from error
    # Most terminal programs take no lock.
    if users := users_of(port):
        line.close()
        raise Trouble(Layer.BUSY, said("flash.busy_by", users=", ".join(users)))
    return line
