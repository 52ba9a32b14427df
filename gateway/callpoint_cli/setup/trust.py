"""Says whether phones trust the certificate of the console."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from callpoint_gateway.words.said import Said, said, said_by, verbatim

#: What Debian's package ca-certificates makes of the public authorities.
ROOTS: Final = Path("/etc/ssl/certs/ca-certificates.crt")


def why_untrusted(url: str, certificate_file: Path, roots: Path = ROOTS) -> Said | None:
    """Return why a browser refuses the certificate at this address; None: it trusts it."""
    host = urlsplit(url).hostname or ""
    if not roots.exists():
        return said("setup.open.no_roots")
    try:
        leaf, *chain = x509.load_pem_x509_certificates(certificate_file.read_bytes())
        store = Store(x509.load_pem_x509_certificates(roots.read_bytes()))
        verifier = PolicyBuilder().store(store).build_server_verifier(x509.DNSName(host))
        verifier.verify(leaf, chain)
    except VerificationError as error:
        return verbatim(str(error))
    except (OSError, ValueError) as error:
        return said_by(error)
    return None
