"""How the gateway is, for Prometheus, systemd and people."""
