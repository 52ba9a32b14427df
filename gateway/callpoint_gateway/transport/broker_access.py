"""TLS to the broker, and the reason and remedy of each way in which it cannot be reached."""

import ssl

from callpoint_gateway.configuration.config import Broker


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


def not_reached(broker: Broker, error: Exception) -> tuple[str, str]:
    """Return reason and remedy when the broker cannot be connected to."""
    where = f"{broker.host}:{broker.port}"
    if isinstance(error, ssl.SSLError):
        why = getattr(error, "verify_message", "") or error.reason or str(error)
        reason = f"no TLS with the broker at {where}: {why}"
        return reason, "correct ca_file in [broker], or the broker's certificate"
    if isinstance(error, ValueError):
        return (
            f"the broker's password cannot be used: {error}",
            "correct password_file in [broker]",
        )
    return f"no broker answers at {where}", "start it, or correct [broker]"


def refused(why: object) -> tuple[str, str]:
    """Return reason and remedy when the broker refuses the gateway's CONNECT."""
    remedy = "correct username and password_file in [broker], or the broker's own users"
    return f"the broker refuses: {why}", remedy


def not_readable(topic: str) -> tuple[str, str]:
    """Return reason and remedy when the broker refuses a subscription."""
    remedy = f"give the gateway's user 'topic readwrite {topic}' in its ACL"
    return f"the broker does not let the gateway read {topic}", remedy


def lost(why: object) -> tuple[str, str]:
    """Return reason and remedy when a connection that was up is lost."""
    return f"connection lost: {why}", "see whether the broker runs; its log says why it hung up"
