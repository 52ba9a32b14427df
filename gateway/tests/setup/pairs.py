"""Certificates of a console, as an authority that nobody knows makes them."""

import datetime
from pathlib import Path

from callpoint_gateway.broker import certificates


def certificate_for(name: str, folder: Path) -> tuple[Path, Path]:
    """Write a certificate with its chain, and its key; return both files."""
    now = datetime.datetime.now(datetime.UTC)
    root = certificates.root("estate", now)
    made = certificates.server([name], root, now)
    certificate, key = folder / "console.pem", folder / "console.key"
    certificate.write_bytes(made.pem + root.pem)
    key.write_bytes(made.key_pem)
    return certificate, key
