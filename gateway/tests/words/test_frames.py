"""What no frame can carry, and what is no frame, is said in both languages."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest

from callpoint_gateway.protocols.dc09 import cipher as dc09_cipher
from callpoint_gateway.protocols.dc09 import frame as dc09
from callpoint_gateway.protocols.dc09.reply import ReplyReader
from callpoint_gateway.protocols.gbt26875 import frame as gbt
from callpoint_gateway.protocols.gbt26875 import objects
from callpoint_gateway.words.frames import FRAMES
from callpoint_gateway.words.said import said_by

KEY = b"0123456789ABCDEF"


def fire(at: datetime) -> bytes:
    return gbt.build(gbt.Frame(command=gbt.Command.SEND, serial=0, at=at, source=1, destination=2))


@pytest.mark.parametrize(
    ("refused", "english", "chinese"),
    [
        (lambda: dc09.wrap(bytes(99_999)), "body: longer than ", "报文超过 "),
        (lambda: dc09.time_text(10**15), "time: out of range", "时间超出范围"),
        (lambda: dc09.parse(dc09.wrap(b"")), "header: not as clause", "报头不符合 "),
        (lambda: dc09_cipher.key_from_text("x"), "key: not 16, 24 or 32 ", "密钥既不是 "),
        (
            lambda: dc09_cipher.Cipher(KEY).open(b"x"),
            "encrypted part: not whole blocks",
            "加密部分不是 16 字节的整数倍",
        ),
        (lambda: fire(datetime(1999, 1, 1)), "time: not from 2000", "时间不在 2000 "),
        (lambda: gbt.parse(b""), "length: shorter than a frame", "长度不足一帧"),
        (
            lambda: objects.encode(objects.Unit.DUTY_CHECK, [objects.Plain(256)]),
            "value: 256 does not fit",
            "value 的值 256 超出范围",
        ),
        (lambda: objects.decode(b""), "data: shorter than", "数据不足以含类型和数目"),
    ],
)
def test_what_is_no_frame_is_said_in_both_languages(
    refused: Callable[[], object], english: str, chinese: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(english)}") as error:
        refused()
    assert said_by(error.value).in_("zh").startswith(chinese)
    assert said_by(error.value).code in FRAMES


def test_an_answer_that_cannot_be_read_is_said_in_both_languages() -> None:
    reader = ReplyReader(dc09_cipher.Cipher(KEY))
    reader.feed(dc09.wrap(b'"*ACK"0001L0#1234[no hex'))
    why = reader.complaint
    assert str(why) == "answer not readable: encrypted part: not hexadecimal"
    assert why.in_("zh") == "应答无法解读：加密部分不是十六进制"
