"""TLS to the broker, and the reason and remedy of each way in which it cannot be reached."""

import ssl

from callpoint_gateway.configuration.config import Broker
from callpoint_gateway.words.said import Said, said, said_by


def tls_context(broker: Broker) -> ssl.SSLContext | None:
    """Return the context for the broker; None when ``ca_file`` is not set.

    OSError: a file cannot be read or used.
    """
    if not broker.ca_file:
        return None
    context = ssl.create_default_context(cafile=broker.ca_file)
    if broker.certificate_file:
        context.load_cert_chain(broker.certificate_file, broker.key_file)
    return context


def not_reached(broker: Broker, error: Exception) -> tuple[Said, Said]:
    """Return reason and remedy when the broker cannot be connected to."""
    where = f"{broker.host}:{broker.port}"
    if isinstance(error, ssl.SSLError):
        why = getattr(error, "verify_message", "") or error.reason or str(error)
        return said("broker.no_tls", where=where, why=why), said("broker.no_tls.do")
    if isinstance(error, ValueError):
        return said("broker.password", why=said_by(error)), said("broker.password.do")
    return said("broker.silent", where=where), said("broker.silent.do")


def refused(why: Said) -> tuple[Said, Said]:
    """Return reason and remedy when the broker refuses the gateway's CONNECT."""
    return said("broker.refuses", why=why), said("broker.refuses.do")


def not_readable(topic: str) -> tuple[Said, Said]:
    """Return reason and remedy when the broker refuses a subscription."""
    return said("broker.unreadable", topic=topic), said("broker.acl.do", topic=topic)


def lost(why: Said) -> tuple[Said, Said]:
    """Return reason and remedy when a connection that was up is lost."""
    return said("broker.lost", why=why), said("broker.lost.do")
