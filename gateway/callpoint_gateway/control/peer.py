"""The process at the other end of the control socket, as the kernel knows it."""

import grp
import os
import pwd
import socket
import struct
from dataclasses import dataclass

# linux/include/uapi/asm-generic/socket.h; Python has no name for it.
_SO_PEERGROUPS = 59
_CREDENTIALS = struct.Struct("iII")
_BUFFER = 1024  # the most that Python reads of an option: 256 groups


def uid_of(user: str) -> int | None:
    """Return the number of a user by its name or its number; None if there is no such user."""
    if user.isdecimal():
        return int(user)
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        return None


def gid_of(group: str) -> int | None:
    """Return the number of a group by its name or its number; None if there is no such group."""
    if group.isdecimal():
        return int(group)
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        return None


@dataclass(frozen=True)
class Peer:
    """A user of this machine and the groups of its process, by their numbers."""

    uid: int
    gids: frozenset[int]

    @property
    def name(self) -> str:
        """The user's name, or its number if it has none. It may be a person's: never log it."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    def is_user(self, name: str) -> bool:
        """Say whether this is the user with a name or a number."""
        return uid_of(name) == self.uid

    def is_in(self, group: str) -> bool:
        """Say whether the process is in the group with a name or a number."""
        return gid_of(group) in self.gids


def peer_of(connection: socket.socket) -> Peer:
    """Return who opened a Unix socket (unix(7), SO_PEERCRED). OSError: it is closed."""
    packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, gid = _CREDENTIALS.unpack(packed)
    groups = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, _BUFFER)
    gids = struct.unpack(f"{len(groups) // 4}I", groups)
    return Peer(uid, frozenset({gid, *gids}))


def this_process() -> Peer:
    """Return this process as a gateway sees it."""
    return Peer(os.geteuid(), frozenset({os.getegid(), *os.getgroups()}))
