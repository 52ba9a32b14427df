"""Runs on MicroPython: what a device says of package headers.

``check_package.py <firmware> <protocol> <modulus file>``; a line of stdin is a header in hex,
the answer ``good <sequence>`` or the number of the fault, or the name of another exception.
"""

import sys
from binascii import unhexlify

sys.path += sys.argv[1:3]

from callpoint_firmware import package

with open(sys.argv[3]) as file:
    modulus = unhexlify(file.read().strip())
for line in sys.stdin:
    try:
        found = package.check(unhexlify(line.strip()), [modulus], "callpoint", 1, 6, 20_000)
        print("good", found[1])
    except package.Refused as refused:
        print(refused.args[0])
    except (ValueError, KeyError, TypeError) as error:
        print(type(error).__name__)
