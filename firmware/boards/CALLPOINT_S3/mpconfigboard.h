#define MICROPY_HW_BOARD_NAME "Callpoint ESP32-S3"
#define MICROPY_HW_MCU_NAME "ESP32-S3"

// Modules with a USB bridge have their serial line on the UART.
#define MICROPY_HW_ENABLE_UART_REPL (1)
