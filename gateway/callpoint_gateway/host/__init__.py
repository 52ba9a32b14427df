"""What the gateway needs of the machine: clocks, log lines, systemd, a state folder's lock."""
