"""Ends a thread that may be waiting for something that does not answer, such as a database."""

import logging
import threading
from typing import Final

#: A thread that was told to end is waited for so long, in seconds.
END_S: Final = 5.0

log = logging.getLogger(__name__)


def ended(thread: threading.Thread) -> bool:
    """Wait for the end of a daemon thread that was told to end; return whether it has ended.

    If not, it ends when it has its answer, or with the process.
    """
    thread.join(END_S)
    if thread.is_alive():
        log.warning("%s still waits for an answer, and is not waited for any more", thread.name)
        return False
    return True
