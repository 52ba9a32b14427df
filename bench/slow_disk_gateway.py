"""``callpoint run`` on a disk whose every sync takes SYNC_S longer: an emulated SD card.

python slow_disk_gateway.py SYNC_S run -c gateway.toml
"""

import sys

from callpoint_cli.main import main
from callpoint_rig.faulty_disk import FaultyDisk

if __name__ == "__main__":
    with FaultyDisk("slow", everywhere=True, remember=False) as disk:
        disk.sync_s = float(sys.argv.pop(1))
        main()
