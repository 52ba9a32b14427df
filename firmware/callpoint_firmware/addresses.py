"""IPv4 addresses as text."""


def is_numeric(host: str) -> bool:
    """Say whether a host is an address already and no name to look up."""
    parts = host.split(".")
    return len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)
