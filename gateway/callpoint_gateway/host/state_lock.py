"""Locks the state directory for one gateway or one restore: two gateways would send twice."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from callpoint_gateway.host.file_lock import FileInUse, hold_file
from callpoint_gateway.host.owner import own
from callpoint_gateway.words.said import Said, said, said_by

# The group of the site's processes may read; others have no way in.
MODE = 0o750


class StateDirInUse(Exception):
    """The state directory cannot be locked; its ``Said`` says why and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


@contextmanager
def hold(state_dir: Path) -> Iterator[None]:
    """Make the state directory if it is missing, and hold its lock.

    StateDirInUse: another process has the lock, or the directory cannot be made or written.
    """
    with ExitStack() as stack:
        try:
            if not state_dir.is_dir():
                state_dir.mkdir(parents=True, exist_ok=True)
                state_dir.chmod(MODE)  # whatever the umask
                own(state_dir, state_dir.parent)
            stack.enter_context(hold_file(state_dir / "gateway.lock"))
        except OSError as error:
            raise StateDirInUse(
                said("state_dir.unusable", folder=str(state_dir), why=said_by(error))
            ) from error
        except FileInUse as error:
            raise StateDirInUse(said("state_dir.in_use", folder=str(state_dir))) from error
        yield
