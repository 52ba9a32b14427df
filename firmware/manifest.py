# What is frozen into the firmware (boards/README.md): asyncio, the compiled application of
# `make firmware`, and the start, under the names that MicroPython looks for.
include("$(MPY_DIR)/extmod/asyncio")  # noqa: F821
freeze_mpy("../build/frozen")  # noqa: F821
freeze("start")  # noqa: F821
