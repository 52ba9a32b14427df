"""Keys, pads and what does not decrypt."""

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given
from hypothesis import strategies as st

from callpoint_gateway.protocols.dc09.cipher import Cipher, key_from_text, random_pad
from callpoint_gateway.protocols.dc09.errors import FrameError
from callpoint_gateway.protocols.dc09.frame import Frame, build, parse

FRAME = Frame("ADM-CID", 3, "1234", "#1234|1120 01 003", time=1_795_350_896, encrypted=True)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("0123456789ABCDEF", b"0123456789ABCDEF"),
        ("0123456789ABCDEF01234567", b"0123456789ABCDEF01234567"),
        ("0123456789ABCDEF" * 2, b"0123456789ABCDEF" * 2),
        ("hex:" + "00ff" * 8, bytes.fromhex("00ff" * 8)),
        ("00ff" * 12, bytes.fromhex("00ff" * 12)),
        ("00FF" * 16, bytes.fromhex("00ff" * 16)),
        ("hex:" + "00FF" * 16, bytes.fromhex("00ff" * 16)),
    ],
)
def test_key_as_it_is_typed(typed: str, key: bytes) -> None:
    assert key_from_text(typed) == key


@pytest.mark.parametrize(
    "typed", ["", "short", "x" * 17, "x" * 48, "hex:0123", "hex:" + "0g" * 16, "密" * 16]
)
def test_a_wrong_key_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(ValueError, match=r"^key: ") as refusal:
        key_from_text(typed)
    assert not typed or typed not in str(refusal.value)


def test_wrong_key_length() -> None:
    with pytest.raises(ValueError, match="16, 24 or 32"):
        Cipher(b"short")


@given(st.integers(0, 200))
def test_pad_never_ends_early(length: int) -> None:
    pad = random_pad(length)
    assert len(pad) == length
    assert pad == b"" or pad.decode("ascii").isalnum()


@given(st.binary(min_size=1, max_size=80), st.sampled_from([1, 16]))
def test_pad_is_as_long_as_its_edition_says(text: bytes, least: int) -> None:
    lengths: list[int] = []

    def pad(length: int) -> bytes:
        lengths.append(length)
        return random_pad(length)

    cipher = Cipher(b"k" * 16, pad, least_pad=least)
    assert cipher.open(cipher.seal(text)) == text
    assert least <= lengths[0] <= least + 15


def test_equal_frames_differ_on_the_wire() -> None:
    cipher = Cipher(b"0123456789ABCDEF")
    assert len({build(FRAME, cipher) for _ in range(20)}) == 20


def test_another_key_never_gives_a_frame() -> None:
    for attempt in range(200):
        raw = build(FRAME, Cipher(b"0123456789ABCDEF"))
        with pytest.raises(FrameError):
            parse(raw, Cipher(attempt.to_bytes(16, "big")))


@pytest.mark.parametrize("length", [0, 1, 15, 17])
def test_only_whole_blocks_are_opened(length: int) -> None:
    with pytest.raises(FrameError, match="whole blocks"):
        Cipher(b"k" * 16).open(bytes(length))


@pytest.mark.parametrize("length", [16, 24, 32])
def test_a_receiver_that_reads_the_decrypted_frame_as_text_reads_every_frame(length: int) -> None:
    key = bytes(range(length))
    for number in range(1, 201):
        frame = msgspec.structs.replace(FRAME, number=number)
        sealed = bytes.fromhex(build(frame, Cipher(key)).split(b"[")[1][:-1].decode())
        theirs = BlockCipher(AES(key), CBC(bytes(16))).decryptor()
        text = (theirs.update(sealed) + theirs.finalize()).decode("utf-8")
        pad, data = text.split("|", 1)
        assert pad.isalnum()
        assert 1 <= len(pad) <= 16
        assert data.startswith("#1234|1120 01 003]_")
