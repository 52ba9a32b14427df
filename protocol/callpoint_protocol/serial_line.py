"""Sealed messages as lines of text on a serial line, the same on both interpreters.

A frame is ``~``, the base64 of its content, and a line feed. The content is the topic, a zero
byte, the sealed body and a CRC-32 of what stands before it. Neither ``~`` nor a line feed is in
base64, so who has lost the thread, or has heard a boot log, finds the next frame by itself.
The CRC tells a disturbed line from a wrong key; it is no protection against anybody.
"""

from binascii import a2b_base64, b2a_base64, crc32

from callpoint_protocol.names import MAX_BODY, MAX_ID, ROOT
from callpoint_protocol.seal import SEAL

_CRC = 4
MAX_TOPIC = len(ROOT) + 1 + MAX_ID + 1 + MAX_ID + 1 + 9
MAX_CONTENT = MAX_TOPIC + 1 + MAX_BODY + SEAL + _CRC
MAX_LINE = 1 + (MAX_CONTENT + 2) // 3 * 4  # without the line feed


def encode_line(topic: str, sealed: bytes) -> bytes:
    """Return one frame with its line feed; ValueError when it would be too long."""
    content = topic.encode() + b"\0" + sealed
    line = b"~" + b2a_base64(content + (crc32(content) & 0xFFFFFFFF).to_bytes(_CRC, "big"))
    if len(line) > MAX_LINE + 1:
        raise ValueError("line: longer than %d" % MAX_LINE)
    return line


def decode_line(line: bytes) -> tuple[str, bytes]:
    """Return (topic, sealed) of a frame without its line feed; ValueError if it is damaged."""
    if len(line) > MAX_LINE:
        raise ValueError("line: longer than %d" % MAX_LINE)
    try:
        content = a2b_base64(line[1:])
    except ValueError:
        content = b""
    # Each interpreter passes over other letters that are no base64; none of them may stand there.
    if not content or line != b"~" + b2a_base64(content)[:-1]:
        raise ValueError("line: not base64")
    checked = content[:-_CRC]
    if crc32(checked) & 0xFFFFFFFF != int.from_bytes(content[-_CRC:], "big"):
        raise ValueError("line: crc")
    end = checked.find(b"\0")
    if end < 0:
        raise ValueError("line: no topic")
    try:
        return checked[:end].decode(), checked[end + 1 :]
    except UnicodeError:
        raise ValueError("line: topic") from None


class Lines:
    """Finds frames in what is heard, in pieces of any size. It holds one line at most.

    ``damaged`` counts frames that began and were not whole; other text is passed over.
    """

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self._heard = b""
        self.damaged = 0

    def feed(self, heard: bytes) -> list[tuple[str, bytes]]:
        """Take what was heard next; return the (topic, sealed) of each whole frame in it."""
        found = []
        lines = (self._heard + heard).split(b"\n")
        for line in lines[:-1]:
            # A frame that was cut off is followed by the next one on the same line.
            parts = line.split(b"~")
            self.damaged += max(0, len(parts) - 2)
            if len(parts) > 1:
                try:
                    found.append(decode_line(b"~" + parts[-1].rstrip(b"\r")))
                except ValueError:
                    self.damaged += 1
        rest = lines[-1]
        self.damaged += max(0, rest.count(b"~") - 1)
        start = rest.rfind(b"~")
        rest = rest[start:] if start >= 0 else b""
        if len(rest) > MAX_LINE + 1:  # one for a carriage return
            self.damaged += 1
            rest = b""
        self._heard = rest
        return found
