"""What a plan makes is what the firmware takes: its own code builds every board."""

import subprocess
from pathlib import Path

from callpoint_rig.tools import tool, virtual_board_program

from .plan_house import House

FIRMWARE = virtual_board_program().parents[1]
SCRIPT = FIRMWARE / "tests/board_of_identity_script.py"
ROWS = (
    "B,1,1,all-devkit,devkit,panic + door/nc/release + smoke/nc/relay_fault + tamper,mains,bank",
    "B,1,2,loops,devkit,smoke@loop1:2k2 + intrusion@loop2:1k + gas@loop3:5k6-nc,mains,bank",
    "B,1,3,all-c3,c3,medical + 7=door + tamper + water@loop1:4k7,mains,bank",
    "B,1,4,all-s3,s3,panic@release + smoke + gas@loop3:1k-fault,mains,bank",
    "B,1,5,asleep,c3,panic + door,battery,bank",
)


def test_the_firmware_builds_a_board_of_every_identity(tmp_path: Path) -> None:
    house = House(tmp_path, coap=True)
    house.write(*ROWS)
    house.good()
    images = [house.identities / f"{row.split(',')[3]}.bin" for row in ROWS]
    done = subprocess.run(
        [
            *(tool("micropython"), "-X", "heapsize=2m", SCRIPT, FIRMWARE),
            *(FIRMWARE.parent / "protocol", FIRMWARE / "tests/fakes", *images),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    built = [line.split() for line in done.stdout.splitlines()]
    assert built == [
        ["all-devkit", "4"],
        ["loops", "3"],
        ["all-c3", "4"],
        ["all-s3", "3"],
        ["asleep", "2"],
    ]
