"""The error that ends the gateway."""


class ServiceError(Exception):
    """The gateway cannot start, or a part of it has died; its ``Said`` says why and what to do."""
