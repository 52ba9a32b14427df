# The start of a board with a stock MicroPython; written once, see firmware/README.md.
# Whatever fails ends in a restart: a panic button cannot use a prompt.
import sys
import time

import machine

machine.WDT(timeout=60_000)
try:
    from callpoint_stock import picker

    picker.start()
except Exception as error:
    sys.print_exception(error)
time.sleep_ms(5_000)
machine.reset()
