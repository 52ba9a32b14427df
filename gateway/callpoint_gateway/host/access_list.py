"""Access lists of files (acl(5)): further users and groups that may read a file.

A file has one owner and one group. Its access list names others, and ``chmod`` and ``ls`` go on
showing the bits of owner and group. Linux keeps the list in an extended attribute; its form is
that of linux/include/uapi/linux/posix_acl_xattr.h.
"""

import os
import stat
import struct
from collections.abc import Collection
from pathlib import Path
from typing import Final

_ATTRIBUTE: Final = "system.posix_acl_access"
_VERSION: Final = struct.pack("<I", 2)
_ENTRY: Final = struct.Struct("<HHI")
_NOBODY: Final = 0xFFFF_FFFF  # the id of entries that need none
_OWNER, _USER, _GROUP_OF_FILE, _GROUP, _MASK, _OTHERS = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_READ, _SEARCH = 4, 1


def admit(path: Path, uids: Collection[int], gids: Collection[int]) -> None:
    """Let these users and groups read a file or a folder, and nobody else beside its own.

    What its owner and its group may do stays. OSError: it is not this user's, or the file system
    has no access lists.
    """
    mode = path.stat().st_mode
    may = _READ | _SEARCH if stat.S_ISDIR(mode) else _READ
    owner, group, others = mode >> 6 & 7, _group_bits(path, mode), mode & 7
    entries = [(_OWNER, owner, _NOBODY)]
    entries += [(_USER, may, uid) for uid in sorted(uids)]
    entries += [(_GROUP_OF_FILE, group, _NOBODY)]
    entries += [(_GROUP, may, gid) for gid in sorted(gids)]
    # The mask bounds everybody but the owner and others; ``ls`` shows it as the group's bits.
    entries += [(_MASK, group | may, _NOBODY), (_OTHERS, others, _NOBODY)]
    if uids or gids:
        listed = b"".join(_ENTRY.pack(*entry) for entry in entries)
        os.setxattr(path, _ATTRIBUTE, _VERSION + listed)
    elif _ATTRIBUTE in os.listxattr(path):
        os.removexattr(path, _ATTRIBUTE)
        path.chmod(stat.S_IMODE(mode) & ~0o070 | group << 3)


def _group_bits(path: Path, mode: int) -> int:
    """Return what the file's own group may do: with a list, the mode shows the mask instead."""
    if _ATTRIBUTE not in os.listxattr(path):
        return mode >> 3 & 7
    for tag, may, _ in _ENTRY.iter_unpack(os.getxattr(path, _ATTRIBUTE)[len(_VERSION) :]):
        if tag == _GROUP_OF_FILE:
            return int(may)
    return 0
