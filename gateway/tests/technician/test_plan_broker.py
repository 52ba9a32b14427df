"""What a plan brings and takes away counts at a real Mosquitto at once."""

import socket
import ssl
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from callpoint_technician.identity import image

from ..broker.secured_broker import SOON_S, Secured, secured
from .plan_house import ROWS, House


def let_in(broker: Secured, house: House, device: str, content: bytes) -> bool:
    """Say whether the broker lets a board with this identity in."""
    tls = image.read(content).tls
    assert tls
    assert tls.cert
    assert tls.key
    chain, key = house.folder / f"{device}.chain", house.folder / f"{device}.private"
    certificate = image.certificates(image.material(tls.cert))[0]
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = serialization.load_der_private_key(image.material(tls.key), None)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    key.write_bytes(private.private_bytes(*form, serialization.NoEncryption()))
    context = ssl.create_default_context(cafile=str(broker.authority.ca_file))
    context.load_cert_chain(chain, key)
    # At TLS 1.3 a client knows only after the handshake whether it was turned away.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        with (
            socket.create_connection(("127.0.0.1", broker.port), SOON_S) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1"),
        ):
            return True
    except ssl.SSLError:
        return False


def test_boards_come_and_go(tmp_path: Path, program: str) -> None:
    with secured(tmp_path, program) as broker:
        house = House(tmp_path)
        house.write(*ROWS)
        house.good()
        devices = [row.split(",")[3] for row in ROWS]
        images = {device: (house.identities / f"{device}.bin").read_bytes() for device in devices}
        assert all(let_in(broker, house, device, images[device]) for device in devices)
        house.write(*ROWS[1:])
        house.good("--remove")
        allowed = [let_in(broker, house, device, images[device]) for device in devices]
        assert allowed == [False, True, True]
        assert "user b3-2-301\ntopic deny #" in (broker.folder / "acl").read_text()
        house.write(*ROWS)
        house.good()
        new = (house.identities / "b3-2-301.bin").read_bytes()
        assert let_in(broker, house, "b3-2-301", new)
        assert not let_in(broker, house, "b3-2-301", images["b3-2-301"])
        assert "b3-2-301" not in (broker.folder / "acl").read_text()


def test_a_broker_that_is_down_is_told_later(tmp_path: Path, program: str) -> None:
    with secured(tmp_path, program):
        house = House(tmp_path)
        house.write(*ROWS)
        house.good()
    house.write(*ROWS[1:])
    done = house.imports("--remove")
    assert done.exit_code == 3
    assert "done, but the broker has not been told yet" in done.stderr
    assert house.register.device_ids() == ["b3-2-302", "b3-2-303"]
    house.register_file.write_text(house.register_file.read_text() + "# mine\n")
    assert house.call("show").exit_code == 3  # still to do
    assert house.register_file.read_text().endswith("# mine\n")
