"""Text from elsewhere as it may be shown: nothing in it moves a cursor or colours a terminal."""

import json


def printable(text: str) -> str:
    """Return ``text`` with everything escaped that could move a cursor or not be encoded."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def one_line(error: Exception) -> str:
    """Return the text of an error on one line: PostgreSQL's are of several."""
    return " ".join(str(error).split())


def printable_json(line: str) -> str:
    """Return a line of JSON with all that is not printable as JSON escapes it."""
    if line.isprintable():
        return line
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in line)
