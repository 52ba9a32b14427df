"""Image files of the shape of MicroPython's, made of noise: no real one is redistributed here."""

import hashlib
import random
import struct

from callpoint_technician.chips import APPLICATION_OFFSET, CHIPS, TABLE_OFFSET, Chip

VERSION = "1.25.0"
MIB = 1024 * 1024
STOCK_ROWS = (
    ("nvs", 1, 2, 0x9000, 0x6000),
    ("phy_init", 1, 1, 0xF000, 0x1000),
    ("factory", 0, 0, 0x10000, 0x1F0000),
    ("vfs", 1, 0x81, 0x200000, 0x200000),
)
OTA_ROWS = (
    ("nvs", 1, 2, 0x9000, 0x4000),
    ("otadata", 1, 0, 0xD000, 0x2000),
    ("phy_init", 1, 1, 0xF000, 0x1000),
    ("ota_0", 0, 0x10, 0x10000, 0x180000),
    ("ota_1", 0, 0x11, 0x190000, 0x180000),
)


def esp_image(chip_id: int, segments: list[tuple[int, bytes]], flash: int = 4 * MIB) -> bytes:
    """Return an image with checksum and hash, as Espressif's tools make it."""
    size = (flash // MIB).bit_length() - 1
    head = struct.pack(
        "<BBBBIBBBBHBHH4sB",
        *(0xE9, len(segments), 2, size << 4, 0x40080400),
        *(0xEE, 0, 0, 0, chip_id, 0, 0, 0xFFFF, bytes(4), 1),
    )
    content, check = head, 0xEF
    for address, data in segments:
        data += bytes(-len(data) % 4)
        content += struct.pack("<II", address, len(data)) + data
        for byte in data:
            check ^= byte
    content += bytes(15 - len(content) % 16) + bytes([check])
    return content + hashlib.sha256(content).digest()


def application(chip: Chip, size: int = 60_000, version: str = VERSION) -> bytes:
    """Return an application that says that it is MicroPython."""
    noise = random.Random(size)
    description = struct.pack(
        "<II8s32s32s16s16s32s32s",
        *(0xABCD5432, 0, b"", f"v{version}".encode(), b"micropython"),
        *(b"00:00:00", b"Jan 1 2026", b"v5.4", b""),
    ).ljust(256, b"\0")
    banner = f"\0MicroPython v{version} on 2026-01-01\0".encode() if version else b""
    first = description + banner + noise.randbytes(size // 2)
    return esp_image(
        chip.image_id, [(0x3F400020, first), (0x400D0020, noise.randbytes(size // 2))]
    )


def partition_table(rows: tuple[tuple[str, int, int, int, int], ...]) -> bytes:
    """Return the sector of a table."""
    made = b"".join(
        struct.pack("<2sBBLL16sL", b"\xaa\x50", kind, subtype, offset, size, name.encode(), 0)
        for name, kind, subtype, offset, size in rows
    )
    made += b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(made, usedforsecurity=False).digest()
    return made.ljust(4096, b"\xff")


def stock_file(
    chip: Chip = CHIPS["esp32"],
    rows: tuple[tuple[str, int, int, int, int], ...] = STOCK_ROWS,
    app: bytes | None = None,
) -> bytes:
    """Return an image file as the download page of MicroPython has it for a chip."""
    noise = random.Random(chip.image_id)
    boot = esp_image(
        chip.image_id,
        [(0x3FFF0018, noise.randbytes(4096)), (0x40080000, noise.randbytes(8192))],
        chip.least_flash,
    )
    file = bytearray(b"\xff" * (APPLICATION_OFFSET - chip.boot_offset))
    file[: len(boot)] = boot
    at = TABLE_OFFSET - chip.boot_offset
    file[at : at + 4096] = partition_table(rows)
    return bytes(file) + (application(chip) if app is None else app)


def dump(chip: Chip, file: bytes) -> bytes:
    """Return what a whole flash of a board reads as that runs this file."""
    whole = bytearray(b"\xff" * (4 * MIB))
    whole[chip.boot_offset : chip.boot_offset + len(file)] = file
    whole[0x200000:0x200010] = b"\x01\0\0\0\xf0\x0f\xff\xf7littlefs"
    return bytes(whole)
