# Runs on MicroPython for Unix: a program on the fakes of the chip, wired as README.md says.
# pretended_chip.py <firmware> <protocol> <folder> <reset cause> <what it lacks, or ->
# The folder holds its flash and the program; exit code 70 means a reset.

import sys

FIRMWARE, PROTOCOL, FOLDER, CAUSE, LACKS = sys.argv[1:]
sys.path.insert(0, FIRMWARE + "/tests/fakes")
sys.path += [FIRMWARE, PROTOCOL]

import chip
import esp32
import machine
import network

JUMPERS = {18: 27, 19: 26}
LAMP, LAMP_SENSE = 23, 21
SUPPLY, HALF_SUPPLY_UV = 36, 1_650_000


class Pin(machine.Pin):
    """A pin with the jumpers of the rig."""

    def __init__(self, id, mode=-1, pull=-1, *, value=None):
        super().__init__(id, mode, pull)
        if value is not None:
            self.value(value)

    def value(self, level=None):
        if level is None:
            if self.id == LAMP_SENSE:
                return chip.outputs.get(LAMP, 0)
            return chip.outputs[self.id] if self.mode == self.OUT else chip.levels.get(self.id, 1)
        chip.outputs[self.id] = level
        if self.id in JUMPERS:
            chip.drive(JUMPERS[self.id], level)
            chip.run_queue()


class Partition(esp32.Partition):
    """A partition in a file, which outlives the process."""

    def __init__(self, id, block_size=4096):
        super().__init__(id, block_size)
        path = FOLDER + "/" + self._label + ".flash"
        try:
            self._file = open(path, "r+b")
            self._file.readinto(self._cells)
        except OSError:
            self._file = open(path, "w+b")
            self._keep(0, len(self._cells))

    def _keep(self, at, size):
        self._file.seek(at)
        self._file.write(memoryview(self._cells)[at : at + size])

    def writeblocks(self, number, buf, offset=None):
        super().writeblocks(number, buf, offset)
        self._keep(number * 4096 + (offset or 0), len(buf))

    def ioctl(self, op, arg):
        found = super().ioctl(op, arg)
        if op == 6:
            self._keep(arg * 4096, 4096)
        return found


class Wlan(network.WLAN):
    """A Wi-Fi station whose time passes each time that it is asked something."""

    def status(self, what=None):
        self.turn()
        return super().status(what)


network.WLAN = Wlan
machine.Pin = Pin
machine.reset = lambda: sys.exit(70)
esp32.Partition.sizes.pop(LACKS, None)
esp32.Partition = Partition
chip.reset_cause = int(CAUSE)
chip.volts[SUPPLY] = HALF_SUPPLY_UV
network.air["lab"] = "secret12"
if LACKS == "boards":
    sys.path.remove(FIRMWARE)
with open(FOLDER + "/program.py") as file:
    program = file.read()
exec(program, {"__name__": "__main__"})
