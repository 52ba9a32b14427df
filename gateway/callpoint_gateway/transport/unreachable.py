"""A server that could not be reached, or that will not have us."""


class Unreachable(Exception):
    """The server did not take the batch now; the same batch may be sent again later.

    ``retry_after_s``: how long the server asks to be left alone, 0 when it does not say.
    """

    def __init__(self, text: str, retry_after_s: float = 0.0) -> None:
        """``text`` is for people and holds no secret."""
        super().__init__(text)
        self.retry_after_s = retry_after_s


class Unauthorised(Unreachable):
    """The server refuses us until somebody corrects a setting; asking often is of no use."""
