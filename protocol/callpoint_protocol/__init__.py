"""What a Callpoint device and its gateway agree on. No I/O; runs on CPython and MicroPython."""
