"""The files that a gateway has from its district: key, certificate, authority.

The key is made here and never leaves. As long as the district has not answered, it is the *next*
key: the code that went with it fits no other, so a call that was interrupted goes on with it.
"""

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from callpoint_gateway.broker import private_files
from callpoint_gateway.enrolment.asking import Given

#: The folder, within the state directory of a gateway or beside ``district.toml``.
FOLDER: Final = "upstream"
CA: Final = "ca.pem"
CERTIFICATE: Final = "gateway.pem"
KEY: Final = "gateway.key"
_NEXT: Final = "next.key"


class UpstreamFiles:
    """The files in one folder, which is made when it is missing."""

    def __init__(self, folder: Path) -> None:
        """``folder``: the state directory, or the folder of the configuration."""
        self.folder = folder / FOLDER
        self.ca = self.folder / CA
        self.certificate = self.folder / CERTIFICATE
        self.key = self.folder / KEY

    def next_key(self) -> ec.EllipticCurvePrivateKey:
        """Return the key that is to be enrolled, made if there is none. OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self.folder / _NEXT
        try:
            key = serialization.load_pem_private_key(file.read_bytes(), None)
            if isinstance(key, ec.EllipticCurvePrivateKey):
                return key
        except (FileNotFoundError, ValueError, TypeError):
            pass  # half a key, by a disk that was full: nobody has enrolled with it
        made = ec.generate_private_key(ec.SECP256R1())
        private_files.write(file, _pem(made))
        return made

    def take(self, given: Given, key: ec.EllipticCurvePrivateKey) -> None:
        """Write what the district has given, in place of what an earlier enrolment wrote. OSError.

        The next key stays until ``done``.
        """
        private_files.write(self.key, _pem(key))
        private_files.write(self.certificate, given.enrolled.certificate.encode(), 0o644)
        private_files.write(self.ca, given.ca.encode(), 0o644)

    def done(self) -> None:
        """Note that the next key is the present one, and the configuration names it."""
        (self.folder / _NEXT).unlink(missing_ok=True)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
