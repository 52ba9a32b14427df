"""The errors of a server that cannot be reached, or that refuses the gateway."""

from callpoint_gateway.words.said import NOTHING, Said, said


class Unreachable(Exception):
    """The server did not take the request now; the same request may be sent again later.

    ``retry_after_s``: the pause that the server asks for in seconds, 0 if it names none.
    ``remedy``: what a person can do about it.
    """

    usual_remedy = said("server.do")

    def __init__(self, why: Said, retry_after_s: float = 0.0, remedy: Said = NOTHING) -> None:
        """``why`` holds no secret. ``remedy`` instead of the usual one."""
        super().__init__(why)
        self.why = why
        self.retry_after_s = retry_after_s
        self.remedy = remedy or self.usual_remedy


class Unauthorised(Unreachable):
    """The server refuses the gateway until a person corrects a setting; retry rarely."""

    usual_remedy = said("server.secret.do")
