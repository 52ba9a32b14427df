"""Runs on MicroPython: seal and open what stdin says; ``seal_script.py <package folder>``.

A line is ``mac <key> <text>``, ``seal <key> <context> <body>`` or ``open ...``, hex but for the
context; the answer is hex, or ``refused: <why>``.
"""

import sys
from binascii import hexlify, unhexlify

sys.path.insert(0, sys.argv[1])

from callpoint_protocol.seal import Sealer

for line in sys.stdin:
    words = line[:-1].split(" ")
    try:
        sealer = Sealer(unhexlify(words[1]))
        if words[0] == "mac":
            result = sealer.mac(unhexlify(words[2]))
        elif words[0] == "seal":
            result = sealer.seal(words[2], unhexlify(words[3]))
        else:
            result = sealer.open(words[2], unhexlify(words[3]))
        print(hexlify(result).decode())
    except ValueError as error:
        print("refused: " + str(error))
