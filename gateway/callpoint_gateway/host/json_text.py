"""What decoding JSON raises: not only its own errors, but those of its letters and its depth."""

from typing import Final

import msgspec

#: Bytes from outside may be no JSON, no UTF-8, or nested deeper than Python's stack allows.
NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
