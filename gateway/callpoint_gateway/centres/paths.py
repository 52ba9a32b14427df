"""The paths to one centre: which one carries an event, and what happens when it does not.

The first path that is up carries an event. When it stays silent for its first patience, or
refuses, the others are tried; when none is up, all are, at once. An event of a life kind may go
over all of them from the start. It has the same number everywhere; the first acceptance counts.

The preferred path is returned to when a link test on it has been answered.
"""

import asyncio
from collections.abc import Callable, Sequence

from callpoint_gateway.centres.path_health import Health
from callpoint_gateway.centres.questions import PathView
from callpoint_gateway.centres.supervised_path import Open, SupervisedPath
from callpoint_gateway.protocols.report import Outcome, Report, Verdict
from callpoint_gateway.words.said import Said
from callpoint_protocol import names

# How long an answer on another path is waited for once one path has failed.
OTHERS_S = 1.0


class Paths:
    """All paths to a centre. ``watch`` until cancelled, then ``close``."""

    def __init__(
        self,
        openers: Sequence[Open],
        account: str,
        supervision_s: float,
        judged: Callable[[SupervisedPath, Said, Said], None],
        *,
        all_for_life: bool = False,
        lost: frozenset[int] = frozenset(),
    ) -> None:
        """``openers``: one for each path, the preferred first; ``lost``: numbers of paths."""
        self._all_for_life = all_for_life
        self._paths = [
            SupervisedPath(number, open_one, account, supervision_s, judged, lost=number in lost)
            for number, open_one in enumerate(openers, 1)
        ]

    @property
    def none_up(self) -> bool:
        """No path can be relied on now."""
        return not any(path.health is Health.UP for path in self._paths)

    @property
    def lost(self) -> list[int]:
        """The numbers of the paths that are lost now."""
        return [path.number for path in self._paths if path.health is Health.LOST]

    def states(self) -> list[PathView]:
        """Return the state of each path, the preferred first."""
        return [
            PathView(
                number=path.number,
                health=path.health,
                answered_s=None if path.answered_s is None else round(path.answered_s),
            )
            for path in self._paths
        ]

    async def send(self, account: str, report: Report, number: int) -> tuple[Outcome, int]:
        """Deliver a report over whatever is there; return what became of it and the path."""
        first = [path for path in self._paths if path.preferred]
        if not (self._all_for_life and report.kind in names.LIFE_KINDS):
            first = first[:1]
        first = first or self._paths
        outcome, by = await self._over(first, account, report, number)
        rest = [path for path in self._paths if path not in first]
        if not outcome.accepted and rest:
            second, second_by = await self._over(rest, account, report, number)
            if _worth(second) > _worth(outcome):
                return second, second_by
        return outcome, by

    async def _over(
        self, paths: Sequence[SupervisedPath], account: str, report: Report, number: int
    ) -> tuple[Outcome, int]:
        if len(paths) == 1:
            return await paths[0].send(account, report, number), paths[0].number
        tasks = {path.start(account, report, number): path.number for path in paths}
        left = set(tasks)
        best: tuple[Outcome, int] | None = None
        while left:
            # A path that is silent much longer than another one failed is not waited for: the
            # next attempt finds its exchange still under way.
            done, left = await asyncio.wait(
                left,
                timeout=None if best is None else OTHERS_S,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not done:
                break
            for task in done:
                outcome = task.result()
                if best is None or _worth(outcome) > _worth(best[0]):
                    best = outcome, tasks[task]
            if best is not None and best[0].accepted:
                break
        assert best is not None
        return best

    async def test(self) -> Outcome:
        """Ask over the first path that is up whether the centre takes link tests."""
        path = next((one for one in self._paths if one.preferred), self._paths[0])
        return await path.test()

    async def watch(self) -> None:
        """Supervise every path, each with its own timer."""
        async with asyncio.TaskGroup() as group:
            for path in self._paths:
                group.create_task(path.watch())

    async def close(self) -> None:
        """Let go of every connection."""
        for path in self._paths:
            await path.close()


def _worth(outcome: Outcome) -> int:
    return (Verdict.UNREACHABLE, Verdict.REFUSED, Verdict.ACCEPTED).index(outcome.verdict)
