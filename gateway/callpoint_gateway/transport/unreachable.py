"""The errors of a server that cannot be reached, or that refuses the gateway."""


class Unreachable(Exception):
    """The server did not take the request now; the same request may be sent again later.

    ``retry_after_s``: the pause that the server asks for in seconds, 0 if it names none.
    ``remedy``: what a person can do about it.
    """

    usual_remedy = "start the server, let the network reach it, or correct url"

    def __init__(self, text: str, retry_after_s: float = 0.0, remedy: str = "") -> None:
        """``text`` is for people and holds no secret. ``remedy`` instead of the usual one."""
        super().__init__(text)
        self.retry_after_s = retry_after_s
        self.remedy = remedy or self.usual_remedy


class Unauthorised(Unreachable):
    """The server refuses the gateway until a person corrects a setting; retry rarely."""

    usual_remedy = "correct the secret that both sides need"
