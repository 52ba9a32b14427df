"""A host as it stands in the configuration: a name or an address, and nothing around it."""


def mistake(host: str) -> str | None:
    """Return what is wrong with a name or address, and what to write; None if nothing."""
    if not host.strip():
        return "host: empty; write a name or an address"
    if any(char.isspace() for char in host):
        return f"host: '{host}' has a blank; remove it"
    if "://" in host or "/" in host:
        return f"host: '{host}' is a URL; write the name or the address alone"
    if "[" in host or "]" in host:
        return f"host: '{host}' has brackets; write the address without them"
    return None
