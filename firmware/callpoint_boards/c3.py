"""An ESP32-C3 board with 4 MiB of flash. Numbers are GPIOs; ``WIRING.md`` says why."""

CHIP = "esp32c3"
LAMP = 7
SOUNDER = 6
TONE_HZ = 2_700
INPUTS = {"button": 5, "door": 4, "tamper": 10}
LOOPS = {"loop1": 0, "loop2": 1}
SUPPLY = 3
SUPPLY_DIVIDER = 2
