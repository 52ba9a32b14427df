#define MICROPY_HW_BOARD_NAME "Callpoint ESP32-C3"
#define MICROPY_HW_MCU_NAME "ESP32-C3"

// As MicroPython has it for this chip.
#define MICROPY_HW_ENABLE_SDCARD (0)
#define MICROPY_PY_MACHINE_I2S (0)
