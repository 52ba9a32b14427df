"""Uploaded photos keep their picture and say nothing else."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callpoint_console.commissioning.photo import JPEG, BadPhoto, photo_of
from callpoint_console.storeys.picture import PNG

from .photos import exif, jpeg, png, segment


def test_a_jpeg_keeps_what_draws_and_loses_what_tells() -> None:
    content = jpeg()
    photo = photo_of(content)
    assert (photo.media, photo.width, photo.height, photo.turn) == (JPEG, 8, 8, 0)
    for told in (b"Exif", b"GPS", b"31.2304", b"taken by", b"second picture", b"JFIF"):
        assert told in content
        assert told not in photo.content
    assert photo.content.startswith(b"\xff\xd8\xff\xdb")
    assert photo.content.endswith(b"\xff\xd9")
    assert photo_of(photo.content).content == photo.content, "it stays as it is"


@pytest.mark.parametrize(("orientation", "turn"), [(1, 0), (3, 180), (6, 90), (8, 270), (2, 0)])
def test_a_photo_taken_upright_is_shown_upright(orientation: int, turn: int) -> None:
    assert photo_of(jpeg(orientation)).turn == turn


def test_an_orientation_in_the_other_byte_order_is_read() -> None:
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    own = segment(0xE1, b"Exif\0\0" + tiff)
    assert photo_of(jpeg().replace(exif(), own)).turn == 90


def test_a_png_loses_its_texts() -> None:
    photo = photo_of(png())
    assert (photo.media, photo.width, photo.height) == (PNG, 2, 2)
    assert b"person" not in photo.content
    assert b"Exif" not in photo.content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a",
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9",
        jpeg()[:-60],
        jpeg(width=0),
        jpeg(width=65_535, height=65_535),
        jpeg(extra=segment(0xCC, b"\0\1")),  # arithmetic coding
        jpeg(extra=b"<script>"),
        jpeg() .replace(b"\xff\xc0", b"\xff\xc3"),  # lossless
    ],
    ids=range(11),
)  # fmt: skip
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    with pytest.raises(BadPhoto):
        photo_of(content)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_damage_does_more_than_refuse(data: st.DataObject) -> None:
    content = bytearray(jpeg(6))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        photo = photo_of(bytes(content))
    except BadPhoto:
        return
    assert b"GPS" not in photo.content
    assert photo.content.startswith((b"\xff\xd8", b"\x89PNG"))
