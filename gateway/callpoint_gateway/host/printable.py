"""Text from elsewhere as it may be shown: nothing in it moves a cursor or colours a terminal."""


def printable(text: str) -> str:
    """Return ``text`` with everything escaped that could move a cursor or not be encoded."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
