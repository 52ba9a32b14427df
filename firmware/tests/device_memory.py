"""Runs on MicroPython: the application on a board of nothing but memory; what does it hold?

``device_memory.py <image> <settings> <rounds> <every> <piece>``. The image is a ROMFS of the
compiled tree that is mapped outside of the Python heap, as flash is on a device; or it is the
folder of that tree, from which the heap is loaded, as from the slot of a stock board.
``memory_board`` and ``pieces`` are in it, compiled, as a board's code is. Each round is ten
presses and releases, every fifth ends with a lost link; one JSON line after the imports, after
the link stands, and after ``every`` rounds: bytes in use after a collection. Flash is a file, so
that it is not in the heap. With 0 rounds it ends after the imports.
"""

import gc
import os
import sys

import ffi
import uctypes
import vfs

libc = ffi.open(None)
libc.func("p", "signal", "ip")(13, 1)  # a closed socket must not end the process
if os.stat(sys.argv[1])[0] & 0x4000:
    sys.path.insert(0, sys.argv[1])
else:
    _size = os.stat(sys.argv[1])[6]
    _number = libc.func("i", "open", "si")(sys.argv[1], 0)
    _address = libc.func("p", "mmap", "pLiiiL")(0, _size, 1, 1, _number, 0)
    vfs.mount(vfs.VfsRom(uctypes.bytearray_at(_address, _size)), "/rom")
    sys.path.insert(0, "/rom")
gc.collect()
gc.threshold(2048)

import memory_board  # noqa: E402 - the path must be known first

memory_board.play(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
