"""Measures how long a plan of 500 units takes to identities, certificates and labels."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.host.clock import SystemClock

UNITS: Final = 500
_CONFIGURATION: Final = """
[gateway]
site = "estate"
state_dir = "state"
register = "register.toml"
[renewal]
certificates_dir = "certificates"
[coap]
keys_file = "coap.keys"
[console]
public_url = "http://127.0.0.1:8480"
"""
_BOARDS: Final = """
host = "192.0.2.1"
second_host = "192.0.2.1"
[[network]]
ssid = "estate"
password = "not-a-secret"
"""
