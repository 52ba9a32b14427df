"""The gateway with a fault in it: the journal's writer dies at the first event."""

import sys

from callpoint_cli.main import main
from callpoint_gateway.ingest.acknowledgements import Acknowledgements


def broken(*_: object) -> None:
    """Fail as a programming error would."""
    raise RuntimeError("made to fail by a test")


Acknowledgements.stored = broken  # type: ignore[method-assign]
main(["run", "-c", sys.argv[1]])
