"""The one error of the DC-09 codec."""

from callpoint_gateway.words.said import Said


class FrameError(ValueError):
    """Bytes or values that are no DC-09 frame; the text names the field."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
