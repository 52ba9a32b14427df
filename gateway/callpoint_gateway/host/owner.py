"""What root makes belongs to its folder's owner: a file of root's would lock a service out."""

import os
from pathlib import Path


def own(made: Path | int, folder: Path) -> None:
    """Give a path, or an open file, to the owner of a folder, if root made it. OSError."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(made, owner.st_uid, owner.st_gid)
