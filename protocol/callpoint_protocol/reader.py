"""Read one JSON object of whole numbers (RFC 8259), the same on both interpreters.

MicroPython's own reader takes truncated and misspelt text for a smaller object, so that a
message cut in flight would pass. Messages to a device are ASCII and need numbers only: any
other value is checked for form and read as None. A key that comes twice has its last value.
"""

_DEPTH = 8  # the object itself counts: the reader recurses, and a device's stack is small
_DIGITS = 16  # no bound on the wire has more; a longer number is not worth the heap
_SPACE = b" \t\n\r"
_WORDS = (b"true", b"false", b"null")


def _fail() -> ValueError:
    return ValueError("body: not JSON")


def _skip(body: bytes, at: int) -> int:
    while at < len(body) and body[at] in _SPACE:
        at += 1
    if at == len(body):
        raise _fail()
    return at


def _text(body: bytes, at: int) -> int:
    """Return where the text that opens at ``at`` ends, behind its closing quote."""
    if body[at] != 0x22:
        raise _fail()
    at += 1
    while at < len(body):
        letter = body[at]
        at += 1
        if letter == 0x22:
            return at
        if not 0x20 <= letter < 0x80:
            raise _fail()
        if letter == 0x5C:
            at = _escape(body, at)
    raise _fail()


def _escape(body: bytes, at: int) -> int:
    letter = body[at : at + 1]
    if letter != b"u":
        if not letter or letter not in b'"\\/bfnrt':
            raise _fail()
        return at + 1
    digits = body[at + 1 : at + 5]
    if len(digits) != 4:
        raise _fail()
    for digit in digits:
        if digit not in b"0123456789abcdefABCDEF":
            raise _fail()
    return at + 5


def _digits(body: bytes, at: int) -> int:
    start = at
    while at < len(body) and 0x30 <= body[at] <= 0x39:
        at += 1
    if at == start:
        raise _fail()
    return at


def _number(body: bytes, at: int) -> tuple[int, int | None]:
    start = at
    if body[at] == 0x2D:
        at += 1
    first = at
    at = _digits(body, at)
    if at - first > 1 and body[first] == 0x30:
        raise _fail()
    whole = at
    if body[at : at + 1] == b".":
        at = _digits(body, at + 1)
    if body[at : at + 1] in (b"e", b"E"):
        at += 1
        if body[at : at + 1] in (b"+", b"-"):
            at += 1
        at = _digits(body, at)
    if at != whole or at - first > _DIGITS:
        return at, None
    return at, int(bytes(body[start:at]))


def _value(body: bytes, at: int, depth: int) -> tuple[int, int | None]:
    letter = body[at]
    if letter == 0x22:
        return _text(body, at), None
    if letter in b"{[":
        return _nested(body, at, depth), None
    if letter in b"-0123456789":
        return _number(body, at)
    for word in _WORDS:
        if body[at : at + len(word)] == word:
            return at + len(word), None
    raise _fail()


def _nested(body: bytes, at: int, depth: int) -> int:
    if not depth:
        raise ValueError("body: nested too deeply")
    close = body[at] + 2  # in ASCII ] and } stand two behind [ and {
    if close == 0x7D:
        return _object(body, at, depth, None)
    at = _skip(body, at + 1)
    if body[at] == close:
        return at + 1
    while True:
        at, _ = _value(body, at, depth - 1)
        at = _skip(body, at)
        if body[at] == close:
            return at + 1
        if body[at] != 0x2C:
            raise _fail()
        at = _skip(body, at + 1)


def _object(body: bytes, at: int, depth: int, members: dict[str, int | None] | None) -> int:
    at = _skip(body, at + 1)
    if body[at] == 0x7D:
        return at + 1
    while True:
        end = _text(body, at)
        key = body[at + 1 : end - 1]
        at = _skip(body, end)
        if body[at] != 0x3A:
            raise _fail()
        at, value = _value(body, _skip(body, at + 1), depth - 1)
        if members is not None:
            members[str(bytes(key), "utf-8")] = value
        at = _skip(body, at)
        if body[at] == 0x7D:
            return at + 1
        if body[at] != 0x2C:
            raise _fail()
        at = _skip(body, at + 1)


def read(body: bytes) -> dict[str, int | None]:
    """Return the members of the object in ``body``; what is no whole number is None."""
    members: dict[str, int | None] = {}
    at = _skip(body, 0)
    if body[at] != 0x7B:
        raise ValueError("body: not a JSON object")
    at = _object(body, at, _DEPTH, members)
    while at < len(body):
        if body[at] not in _SPACE:
            raise _fail()
        at += 1
    return members
