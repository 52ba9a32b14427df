"""A server that could not be reached, or that will not have us."""


class Unreachable(Exception):
    """The server did not take the batch now; the same batch may be sent again later.

    ``retry_after_s``: how long the server asks to be left alone, 0 when it does not say.
    ``remedy``: what a person can do about it.
    """

    usual_remedy = "start the server, let the network reach it, or correct url"

    def __init__(self, text: str, retry_after_s: float = 0.0, remedy: str = "") -> None:
        """``text`` is for people and holds no secret. ``remedy`` instead of the usual one."""
        super().__init__(text)
        self.retry_after_s = retry_after_s
        self.remedy = remedy or self.usual_remedy


class Unauthorised(Unreachable):
    """The server refuses us until somebody corrects a setting; asking often is of no use."""

    usual_remedy = "correct the secret that both sides need"
