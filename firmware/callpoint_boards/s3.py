"""An ESP32-S3 DevKit with 8 MiB of flash. Numbers are GPIOs; ``WIRING.md`` says why."""

CHIP = "esp32s3"
LAMP = 21
SOUNDER = 18
TONE_HZ = 2_700
INPUTS = {"button": 4, "door": 5, "relay": 6, "relay_fault": 7, "tamper": 15, "release": 16}
LOOPS = {"loop1": 1, "loop2": 2, "loop3": 8}
SUPPLY = 9
SUPPLY_DIVIDER = 2
