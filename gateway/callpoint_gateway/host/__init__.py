"""The machine under the gateway: clocks, log lines, systemd, the lock of the state directory."""
