"""Frozen as ``_boot``: mounts the file system if it can, and goes on in any case.

The stock one prints a warning for ever when the file system cannot be mounted, and the application
never starts. Here nothing of the application is in the file system, so its loss costs nothing.
"""

import sys

import esp32
import vfs

try:
    found = esp32.Partition.find(esp32.Partition.TYPE_DATA, label="vfs")
    if found:
        vfs.mount(vfs.VfsLfs2(found[0]), "/")
except Exception as error:  # whatever it is, the application does not need it
    sys.stderr.write("file system: not mounted, error %s\n" % error)
