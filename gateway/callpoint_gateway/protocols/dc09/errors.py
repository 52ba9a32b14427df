"""The one error of the DC-09 codec."""


class FrameError(ValueError):
    """Bytes or values that are no DC-09 frame; the text names the field."""
