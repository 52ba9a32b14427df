"""ANSI/SIA DC-09: events to an alarm centre over IP.

``message`` turns a report into a frame, ``frame`` and ``cipher`` turn a frame into bytes and
back, ``reply`` reads what receivers really answer, ``path`` carries one frame at a time to
one receiver. Nothing here knows the journal; whoever calls ``Path.send`` decides what to
send next and how often to try again.
"""

from callpoint_gateway.dc09.cipher import Cipher, key_from_text
from callpoint_gateway.dc09.codes import Code, code_for
from callpoint_gateway.dc09.errors import FrameError
from callpoint_gateway.dc09.frame import Frame, build, crc16, next_number, parse
from callpoint_gateway.dc09.message import Encoding, NotReported
from callpoint_gateway.dc09.path import Path
from callpoint_gateway.dc09.reply import Reply, ReplyReader

__all__ = [
    "Cipher",
    "Code",
    "Encoding",
    "Frame",
    "FrameError",
    "NotReported",
    "Path",
    "Reply",
    "ReplyReader",
    "build",
    "code_for",
    "crc16",
    "key_from_text",
    "next_number",
    "parse",
]
