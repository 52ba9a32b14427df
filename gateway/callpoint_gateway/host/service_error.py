"""The error that ends the gateway."""

from callpoint_gateway.words.said import Said


class ServiceError(Exception):
    """The gateway cannot start, or a part of it has died; its ``Said`` says why and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why
