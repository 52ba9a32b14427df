"""Reports the gateway's health to Prometheus, systemd and people."""
