"""How a district's database stands for a version that is to use it."""

import msgspec


class Standing(msgspec.Struct, frozen=True):
    """How the database stands: ``missing`` steps of its tables, its bytes, sessions of others.

    ``state_dir``: the folder of the console's accounts.
    """

    missing: int
    size: int
    others: int
    state_dir: str
