"""Runs on MicroPython: which certificates may take the place of which?

``certificate_script.py <firmware> <protocol>``; each line of stdin has two certificates in hex,
each line of stdout says ``True`` or ``False``.
"""

import sys
from binascii import unhexlify

sys.path += sys.argv[1:3]

from callpoint_firmware.certificate import renews

for line in sys.stdin:
    used, new = line.rstrip("\n").split(" ")
    print(renews(unhexlify(used), unhexlify(new)))
