"""Files of the broker and of the authority: whole, for their owner only."""

import os
from pathlib import Path

from callpoint_gateway.host.named_errors import naming
from callpoint_gateway.host.owner import own


def write(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file whole or not at all. When root writes, it becomes the folder's owner's.

    Made anew, never written over: an old file could be readable by others.
    """
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with naming(path), os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)  # whatever the umask
            own(file.fileno(), path.parent)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)  # half a key is of no use, and takes room
        raise
