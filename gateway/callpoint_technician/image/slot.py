"""LittleFS images: the application as it lies in a slot, and the small start file system."""

from collections.abc import Mapping

from littlefs import LittleFS

from callpoint_technician.image.compiled import compiled, installed
from callpoint_technician.image.parts import SECTOR


class SlotFull(Exception):
    """``needed`` and ``room`` in bytes."""

    def __init__(self, needed: int, room: int) -> None:
        super().__init__(f"{needed} bytes in {room}")
        self.needed, self.room = needed, room


def littlefs_image(files: Mapping[str, bytes], room: int) -> bytes:
    """Return a file system of ``room`` bytes without its unused end; SlotFull if it is too small.

    It is made as small as it can be and then grown: so that all blocks in use lie at its
    beginning, and the end need not be sent.
    """
    blocks = room // SECTOR
    made = _packed(files, blocks)
    # Trailing blocks that nothing refers to are blank.
    content = made.rstrip(b"\xff")
    return content + b"\xff" * (-len(content) % SECTOR)


def _packed(files: Mapping[str, bytes], blocks: int) -> bytes:
    folders = {path.rpartition("/")[0] for path in files} - {""}
    # Two blocks of a folder, and one more for a file's index at the worst.
    needed = 2 + 2 * len(folders) + sum(len(data) // (SECTOR - 8) + 1 for data in files.values())
    if needed > blocks:
        raise SlotFull(needed * SECTOR, blocks * SECTOR)
    fs = LittleFS(block_size=SECTOR, block_count=needed)
    for folder in sorted(folders):
        fs.makedirs(folder, exist_ok=True)
    for path, data in sorted(files.items()):
        with fs.open(path, "wb") as file:
            file.write(data)
    fs.fs_grow(blocks)
    fs.unmount()
    return bytes(fs.context.buffer)


def start_files() -> dict[str, bytes]:
    """Return the files of ``vfs``: what a stock MicroPython starts, and what picks the slot."""
    folder = installed(("callpoint_stock",))["callpoint_stock"]
    picker = "callpoint_stock/picker.mpy"
    return {
        "boot.py": (folder / "boot.py").read_bytes(),
        "main.py": (folder / "main.py").read_bytes(),
        picker: compiled({"callpoint_stock": folder})[picker],
    }
