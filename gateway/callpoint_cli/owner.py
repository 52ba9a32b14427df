"""Lets root make files of the gateway's user."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def as_owner(folder: Path) -> Iterator[None]:
    """Let root work as the owner of a folder, or, if it is still to be made, of the one around it.

    A file of root's would lock the services out.
    """
    there = next((each for each in (folder, folder.parent) if each.exists()), None)
    owner = there.stat() if there is not None else None
    if os.geteuid() != 0 or owner is None or owner.st_uid == 0:
        yield
        return
    before = os.getegid()
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(before)
