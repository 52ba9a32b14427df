"""Messages of devices become entries, and devices are answered."""
