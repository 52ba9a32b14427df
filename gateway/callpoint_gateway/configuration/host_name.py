"""A host as it stands in the configuration: a name or an address, and nothing around it."""

from callpoint_gateway.words.said import Said, of, said


def mistake(host: str) -> Said | None:
    """Return what is wrong with a name or address, and what to write; None if nothing."""
    if not host.strip():
        return of("host", said("host.empty"))
    if any(char.isspace() for char in host):
        return of("host", said("host.blank", host=host))
    if "://" in host or "/" in host:
        return of("host", said("host.url", host=host))
    if "[" in host or "]" in host:
        return of("host", said("host.brackets", host=host))
    try:
        host.encode("idna")  # as the resolver does, which raises no OSError of it
    except UnicodeError:
        return of("host", said("host.no_name", host=host))
    return None
