# What is frozen into the firmware image (callpoint_boards/README.md): asyncio, the compiled trees
# of `make firmware`, and the start, under the names that MicroPython looks for.
include("$(MPY_DIR)/extmod/asyncio")  # noqa: F821
freeze_mpy("../build/mpy")  # noqa: F821
freeze("start")  # noqa: F821
