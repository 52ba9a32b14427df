"""A plain ESP32 DevKit (WROOM-32, 4 MiB of flash). Numbers are GPIOs; ``WIRING.md`` says why."""

CHIP = "esp32"
LAMP = 23
SOUNDER = 22
TONE_HZ = 2_700
# Name: GPIO. All have a pull-up, so a contact goes to ground; a closed one reads 0.
INPUTS = {"button": 27, "door": 26, "relay": 25, "relay_fault": 33, "tamper": 14, "release": 13}
LOOPS = {"loop1": 32, "loop2": 34, "loop3": 35}
SUPPLY = 36
SUPPLY_DIVIDER = 2  # 100 kOhm over 100 kOhm
