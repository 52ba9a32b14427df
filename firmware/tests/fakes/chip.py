"""What the fakes of one chip share: pins, the scheduler's queue, sleep, resets.

They behave as ``spec`` of the port says (ESP32, MicroPython 1.25): the queue for interrupt
handlers holds eight and drops the rest without a word; a handler sees the level of now; wake is by
level; deep sleep and reset do not return, here by an exception of their own.
"""


class Reset(BaseException):
    """The chip starts anew."""


class Asleep(BaseException):
    """The chip sleeps; ``args[0]`` is for how many ms."""


QUEUE = 8
levels = {}  # GPIO: level, as the outside drives it
handlers = {}  # GPIO: (handler, trigger)
queue = []
dropped = 0
volts = {}  # GPIO: microvolts at an ADC pin
outputs = {}
wake = {}
can_wake = {0, 2, 4, 12, 13, 14, 15, 25, 26, 27, 32, 33, 34, 35, 36, 37, 38, 39}
light_sleeps = []  # ms of each; what happens meanwhile is ``meanwhile(count)``
meanwhile = None
reset_cause = 1
wake_reason = 0
rtc_memory = b""
rtc_datetime = (2000, 1, 1, 5, 0, 0, 0, 0)
watchdogs = []
fed = 0


def drive(gpio, level):
    """Change a level from outside: an edge puts its handler into the queue, or is dropped."""
    global dropped
    before = levels.get(gpio, 1)
    levels[gpio] = level
    handler, trigger, pin = handlers.get(gpio, (None, 0, None))
    edge = 1 if level > before else 2 if level < before else 0
    if handler and trigger & edge:
        if len(queue) < QUEUE:
            queue.append((handler, pin))
        else:
            dropped += 1


def run_queue():
    """What the interpreter does between two bytecodes."""
    while queue:
        handler, pin = queue.pop(0)
        handler(pin)


def wakes():
    """Say whether what is armed wakes the chip at the levels of now; low mode means all low."""
    for pins, high in wake.values():
        seen = [levels.get(gpio, 1) for gpio in (pins if isinstance(pins, tuple) else (pins,))]
        if any(seen) if high else not any(seen):
            return True
    return False
