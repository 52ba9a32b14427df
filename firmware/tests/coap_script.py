"""Runs on MicroPython: build requests, parse messages; ``coap_script.py <firmware> <protocol>``.

A line ``request <number> <token> <path> <payload>`` or ``parse <message>``, hex but for the path.
"""

import json
import sys
from binascii import hexlify, unhexlify

sys.path += sys.argv[1:3]

from callpoint_firmware import coap

for line in sys.stdin:
    words = line[:-1].split(" ")
    if words[0] == "request":
        message = coap.request(int(words[1]), unhexlify(words[2]), words[3], unhexlify(words[4]))
        print(hexlify(message).decode())
        continue
    parsed = coap.parse(unhexlify(words[1]))
    if parsed:
        kind, code, number, token, payload = parsed
        token, payload = hexlify(token).decode(), hexlify(payload).decode()
        print(json.dumps([kind, code, number, token, payload]))
    else:
        print("null")
