# Common to our boards. MicroPython's own definition of the same chip was included before; what
# differs is the partition table, the frozen application and two switches (sdkconfig.board).
get_filename_component(CALLPOINT_FIRMWARE ${MICROPY_BOARD_DIR}/../.. ABSOLUTE)

# sdkconfig needs the table's absolute path, which is known only here.
file(WRITE ${CMAKE_BINARY_DIR}/sdkconfig.callpoint
    "CONFIG_PARTITION_TABLE_CUSTOM=y\n"
    "CONFIG_PARTITION_TABLE_CUSTOM_FILENAME=\"${CALLPOINT_FIRMWARE}/callpoint_boards/partitions-4MiB.csv\"\n"
)
list(APPEND SDKCONFIG_DEFAULTS
    ${MICROPY_BOARD_DIR}/sdkconfig.board
    ${CMAKE_BINARY_DIR}/sdkconfig.callpoint
)
set(MICROPY_FROZEN_MANIFEST ${CALLPOINT_FIRMWARE}/manifest.py)
